"""A station's life at a centre, by the commands that people give: let in, shut out, let in again, replaced."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from central_link.native_rest import NativeRestLink
from demo.enrolment import confirm, new_token
from demo.processes import Server, run, run_or_fail
from demo.school import LIBRARY, fill, write_config
from kiosk.ports.central import Standing, VerdictKind
from kiosk.ports.errors import Unreachable
from provisioning.enrol import settings
from tests.central_link.certificates import Authority
from tests.sync.chains import Chain

pytestmark = pytest.mark.slow

Asked = Callable[..., str]


@pytest.fixture
def centre(server: Server) -> Asked:
    def asked(command: str, *more: str) -> str:
        who = (*server.where, "--library", LIBRARY, "--device", "tram-1")
        return run_or_fail("central_server", command, *who, *more)

    return asked


def enrol(server: Server, config: Path, token: str, *more: str) -> subprocess.CompletedProcess[str]:
    return run("provisioning", "enrol", "--server", server.url, "--token", token, "--config", str(config), *more)


def standing(link: NativeRestLink) -> Standing:
    try:
        link.changes("", 10, 0.0)
    except Unreachable as error:
        return error.standing
    return Standing.ACTIVE


def test_is_let_in_shut_out_and_let_in_again(tmp_path: Path, server: Server, centre: Asked) -> None:
    config = write_config(tmp_path, server, scanner='kind = "lines"')
    link = NativeRestLink(settings(config))
    chain = Chain(LIBRARY, "tram-1")
    assert standing(link) is Standing.NOT_ENROLLED

    first = new_token(server, LIBRARY, "tram-1")
    shown = json.loads(enrol(server, config, first, "--json", "--no-wait").stdout)
    assert shown["state"] == "pending"
    assert standing(link) is Standing.PENDING
    with pytest.raises(Unreachable):
        link.send(chain.check_ins(1))
    wrong = run(
        "central_server",
        "confirm",
        *server.where,
        "--library",
        LIBRARY,
        "--device",
        "tram-1",
        "--words",
        " ".join(reversed(shown["words"])),
    )
    assert wrong.returncode == 2
    assert standing(link) is Standing.PENDING
    confirm(server, LIBRARY, "tram-1", shown["words"])
    assert standing(link) is Standing.ACTIVE
    operations = Chain(LIBRARY, "tram-1").check_ins(3)
    assert len(link.send(operations)) == 3

    again = enrol(server, config, first, "--json")  # asked once more, it finds that all is well
    assert (again.returncode, json.loads(again.stdout.splitlines()[-1])["state"]) == (0, "active")
    (tmp_path / "other").mkdir()
    thief = write_config(tmp_path / "other", server, scanner='kind = "lines"')
    stolen = enrol(server, thief, first)
    assert (stolen.returncode, stolen.stderr.count("\n")) == (1, 1)

    centre("revoke")
    assert standing(link) is Standing.REVOKED
    with pytest.raises(Unreachable):
        link.send(operations)
    centre("admit")
    assert VerdictKind.ACCEPTED not in {verdict.kind for verdict in link.send(operations)}  # the centre has them all

    second = new_token(server, LIBRARY, "tram-1", "--replace")
    assert enrol(server, config, second, "--no-wait").returncode == 2  # nobody said --again
    shown = json.loads(enrol(server, config, second, "--again", "--json", "--no-wait").stdout)
    assert standing(link) is Standing.PENDING
    confirm(server, LIBRARY, "tram-1", shown["words"])
    assert standing(link) is Standing.ACTIVE
    assert enrol(server, config, second).returncode == 0
    assert {path.name for path in (tmp_path / "station").iterdir()} == {"device.key", "centre.pub"}
    link.close()


def test_goes_on_after_the_server_began_again(tmp_path: Path, server: Server) -> None:
    config = write_config(tmp_path, server, scanner='kind = "lines"')
    shown = json.loads(enrol(server, config, new_token(server, LIBRARY, "tram-1"), "--json", "--no-wait").stdout)
    confirm(server, LIBRARY, "tram-1", shown["words"])
    link = NativeRestLink(settings(config))
    cursor = link.changes("", 10, 0.0).cursor
    server.kill()
    assert standing(link) is Standing.UNREACHABLE
    server.start()  # which has forgotten every nonce
    assert link.changes(cursor, 10, 0.0).changes
    link.close()


def test_is_enrolled_over_https_with_the_schools_own_certificate(tmp_path: Path) -> None:
    school = Authority(tmp_path, "school")
    certificate = str(school.server_file())
    server = Server(tmp_path / "centre", "--certificate", certificate, "--key", certificate)
    server.data.mkdir()
    fill(server.data)
    server.start()
    try:
        config = write_config(tmp_path, server, scanner='kind = "lines"')
        token = new_token(server, LIBRARY, "tram-1")
        distrusting = enrol(server, config, token)
        assert (distrusting.returncode, distrusting.stderr.count("\n")) == (1, 1)
        assert "central.ca_file" in distrusting.stderr
        config.write_text(config.read_text().replace("[central]", f'[central]\nca_file = "{school.file.name}"'))
        shown = json.loads(enrol(server, config, token, "--json", "--no-wait").stdout)
        confirm(server, LIBRARY, "tram-1", shown["words"])
        link = NativeRestLink(settings(config))
        assert standing(link) is Standing.ACTIVE
        link.close()
    finally:
        server.stop()
