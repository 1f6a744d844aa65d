"""https with a certificate that a school made itself: a real TLS server, and each way in which it can be another."""

from __future__ import annotations

import datetime
import ssl
from pathlib import Path

import pytest

from central_link.native_rest import NativeRestConfig, NativeRestLink
from kiosk.ports.central import Standing
from kiosk.ports.errors import Unreachable
from tests.central_link.certificates import Authority
from tests.central_link.stand_in import StandIn, stand_in
from tests.sync.chains import Chain


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("school"), "school")


def link_to(there: StandIn, ca_file: Path | None) -> NativeRestLink:
    return NativeRestLink(NativeRestConfig(there.url, "hoa-sen", "tram-1", there.key_folder, ca_file))


def distrust(tls: ssl.SSLContext, ca_file: Path | None) -> str:
    with stand_in(tls=tls) as there:
        link = link_to(there, ca_file)
        with pytest.raises(Unreachable) as caught:
            link.send(Chain().check_ins(1))
        assert there.requests == []
        assert caught.value.standing is Standing.UNREACHABLE
        prefix = "the server's certificate is not trusted: "
        assert str(caught.value).startswith(prefix)
        return str(caught.value).removeprefix(prefix)


def test_speaks_to_a_server_whose_authority_it_knows(school: Authority) -> None:
    with stand_in(tls=school.server()) as there:
        link = link_to(there, school.file)
        for _ in range(2):
            assert len(link.send(Chain().check_ins(2))) == 2
        assert link.changes("", 10, 0.0).cursor == "1"
        assert there.requests[0].client_port == there.requests[1].client_port


def test_says_nothing_to_a_server_of_another_authority(school: Authority, tmp_path: Path) -> None:
    stranger = Authority(tmp_path, "stranger")
    assert "unable to get local issuer" in distrust(stranger.server(), school.file)


def test_says_nothing_to_a_server_of_its_own_making_when_none_is_pinned(school: Authority) -> None:
    assert "unable to get local issuer" in distrust(school.server(), None)


def test_says_nothing_to_a_server_of_another_name(school: Authority) -> None:
    assert "127.0.0.1" in distrust(school.server("127.0.0.9"), school.file)


def test_says_nothing_to_a_server_whose_certificate_has_ended(school: Authority) -> None:
    assert "expired" in distrust(school.server(ends=datetime.datetime(2021, 1, 1)), school.file)


def test_is_out_of_reach_when_the_server_speaks_no_tls(school: Authority) -> None:
    with stand_in() as there:
        link = NativeRestLink(
            NativeRestConfig(there.url.replace("http:", "https:"), "hoa-sen", "tram-1", there.key_folder, school.file)
        )
        with pytest.raises(Unreachable, match="SSLError"):
            link.send(Chain().check_ins(1))
