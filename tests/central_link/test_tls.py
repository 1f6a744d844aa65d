"""https with a certificate that a school made itself: a real TLS server, and each way in which it can be another."""

from __future__ import annotations

import datetime
import ssl
from pathlib import Path

import pytest

from central_link.native_rest import NativeRestConfig, NativeRestLink
from kiosk.domain.clock_trust import Moment
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


class Trusting:
    """A station's clock, as far as a link asks it."""

    def __init__(self, wall_ms: int | None, *, is_right: bool = False) -> None:
        """`wall_ms`: the trusted time (None: nobody vouches for any). `is_right`: the machine's own says it too."""
        self.wall_ms = wall_ms
        self.is_right = is_right

    def now(self) -> Moment:
        return Moment(self.wall_ms or 0, "boot", 0, trusted=self.wall_ms is not None)

    def wall_clock_is_right(self) -> bool:
        return self.is_right


ENDED = datetime.datetime(2021, 1, 1)
TODAY_MS = 1_795_000_000_000
BEFORE_IT_ENDED_MS = 1_600_000_000_000


def spoken(tls: ssl.SSLContext, ca_file: Path | None, *clocks: Trusting) -> list[str]:
    """What becomes of one question for each clock, over one link whose clock is set so."""
    clock = Trusting(None)
    with stand_in(tls=tls) as there:
        link = NativeRestLink(NativeRestConfig(there.url, "hoa-sen", "tram-1", there.key_folder, ca_file), clock)  # type: ignore[arg-type]
        became = []
        for one in clocks:
            clock.wall_ms, clock.is_right = one.wall_ms, one.is_right
            try:
                link.send(Chain().check_ins(1))
                became.append("spoken")
            except Unreachable as error:
                became.append(str(error).partition(": ")[2])
        link.close()
    return became


def test_looks_at_no_date_of_a_certificate_while_nobody_vouches_for_the_time(school: Authority) -> None:
    assert spoken(school.server(ends=ENDED), school.file, Trusting(None)) == ["spoken"]


def test_looks_at_the_dates_again_as_soon_as_the_time_is_known(school: Authority) -> None:
    unsure, sure = Trusting(None), Trusting(TODAY_MS)
    assert spoken(school.server(ends=ENDED), school.file, unsure, sure) == ["spoken", "certificate has expired"]
    assert spoken(school.server(), school.file, unsure, sure, sure) == ["spoken"] * 3
    _, why = spoken(school.server(ends=ENDED), school.file, unsure, Trusting(TODAY_MS, is_right=True))
    assert "expired" in why


def test_goes_by_the_trusted_time_when_the_wall_clock_was_turned(school: Authority) -> None:
    """The machine's own clock says that it has ended."""
    assert spoken(school.server(ends=ENDED), school.file, Trusting(BEFORE_IT_ENDED_MS)) == ["spoken"]
    assert spoken(school.server(), school.file, Trusting(0)) == ["certificate is not yet valid"]


def test_trusts_no_other_authority_though_nobody_vouches_for_the_time(school: Authority, tmp_path: Path) -> None:
    stranger = Authority(tmp_path, "stranger")
    (why,) = spoken(stranger.server(), school.file, Trusting(None))
    assert "unable to get local issuer" in why
    (why,) = spoken(school.server("127.0.0.9"), school.file, Trusting(None))
    assert "127.0.0.1" in why


def test_looks_at_the_dates_always_when_no_authority_is_pinned(
    school: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", str(school.file))
    (why,) = spoken(school.server(ends=ENDED), None, Trusting(None))
    assert why == "certificate has expired, by a clock that nobody vouches for"
    (why,) = spoken(school.server(ends=ENDED), None, Trusting(TODAY_MS, is_right=True))
    assert why == "certificate has expired"
