"""What runs the central server: its units, and nginx before it."""

import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import requests

from tests.central_link.certificates import Authority
from tests.central_server.support import ROOT, Server, Station

UNITS = ROOT / "systemd" / "central"
SERVICES = sorted(path.name for path in UNITS.glob("*.service"))
MOST_EXPOSED = 20  # tenths


def analysed(*words: str) -> subprocess.CompletedProcess[str]:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not here")
    plain = {**os.environ, "SYSTEMD_COLORS": "0", "SYSTEMD_LOG_LEVEL": "warning"}
    words = ("systemd-analyze", *words)
    return subprocess.run(words, capture_output=True, text=True, env=plain, timeout=120, check=False)


def exposure(unit: Path) -> subprocess.CompletedProcess[str]:
    return analysed("security", "--no-pager", "--offline=true", f"--threshold={MOST_EXPOSED}", str(unit))


@pytest.mark.parametrize("service", SERVICES)
def test_each_unit_is_exposed_little(service: str) -> None:
    looked = exposure(UNITS / service)
    assert looked.returncode == 0, looked.stdout + looked.stderr


def test_control_without_its_sandbox_it_is_exposed_much(tmp_path: Path) -> None:
    plain = tmp_path / "central-server.service"
    lines = (UNITS / plain.name).read_text("utf-8").splitlines()
    plain.write_text("\n".join(one for one in lines if not one.startswith(("Protect", "Restrict", "Private"))))
    assert exposure(plain).returncode != 0


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A root with our units beside those of this machine, and the program that they start."""
    root = tmp_path / "root"
    shutil.copytree(UNITS, root / "etc/systemd/system")
    for place in ("usr/lib/systemd/system", "lib/systemd/system"):
        if Path("/", place).is_dir() and not (root / place).exists():
            shutil.copytree(f"/{place}", root / place, symlinks=True)
    python = root / "opt/tram-xanh-centre/.venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text("#!/bin/sh\n")
    python.chmod(0o755)
    return root


def verified(root: Path) -> list[str]:
    """What systemd says of our units."""
    units = [str(path) for path in sorted((root / "etc/systemd/system").glob("central-*"))]
    said = analysed("verify", f"--root={root}", *units)
    return [line for line in (said.stdout + said.stderr).splitlines() if "central-server" in line]


@pytest.mark.slow
def test_systemd_has_nothing_to_say_of_the_units(machine: Path) -> None:
    assert verified(machine) == []


@pytest.mark.slow
def test_control_it_would_say_something(machine: Path) -> None:
    unit = machine / "etc/systemd/system/central-server.service"
    unit.write_text(unit.read_text("utf-8").replace("RestartSec=", "RestartSecond="))
    assert verified(machine)


def test_the_units_give_commands_that_there_are() -> None:
    """Each as far as `--help`, with the words that stand in the unit."""
    from central_server.__main__ import _parser

    for service in SERVICES:
        (line,) = re.findall(r"^ExecStart=\S+ -m central_server (.+)$", (UNITS / service).read_text("utf-8"), re.M)
        words = line.replace("$DATABASE", "--data /x").replace("${RELEASES}", "/y").split()
        assert _parser().parse_args(words).run


def test_nothing_is_migrated_unasked() -> None:
    for unit in UNITS.iterdir():
        assert "--migrate" not in unit.read_text("utf-8")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def wait_for(port: int) -> None:
    for _ in range(200):
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("nginx does not listen")


@contextmanager
def proxied(folder: Path, upstream: str, spoilt: tuple[str, str] = ("", "")) -> Iterator[tuple[str, Path]]:
    """nginx as the example has it, but for names, ports and places; answers its address and the authority's file."""
    nginx = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if nginx is None:
        pytest.skip("nginx is not here")
    authority = Authority(folder, "authority")
    both = str(authority.server_file())
    port = free_port()
    text = (UNITS / "nginx.conf").read_text("utf-8")
    for was, is_ in (
        ("server 127.0.0.1:8080;", f"server {upstream.removeprefix('http://')};"),
        ("/etc/letsencrypt/live/thu-vien.example.vn/fullchain.pem", both),
        ("/etc/letsencrypt/live/thu-vien.example.vn/privkey.pem", both),
        ("/var/log/nginx/", f"{folder}/"),
        ("listen 80;", f"listen 127.0.0.1:{free_port()};"),
        ("    listen [::]:80;\n", ""),
        ("    listen [::]:443 ssl http2;\n", ""),
        ("listen 443 ssl http2;", f"listen 127.0.0.1:{port} ssl http2;"),
        spoilt,
    ):
        assert was in text, was
        text = text.replace(was, is_) if was else text
    (folder / "tram-xanh.conf").write_text(text)
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    whole = folder / "nginx.conf"
    whole.write_text(
        ("user root;\n" if os.geteuid() == 0 else "")
        + f"daemon off; pid {folder}/pid; error_log {folder}/errors;\nevents {{}}\n"
        f"http {{ {temporary} include {folder}/tram-xanh.conf; }}\n"
    )
    checked = subprocess.run([nginx, "-t", "-c", str(whole)], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    process = subprocess.Popen([nginx, "-c", str(whole)], stderr=subprocess.DEVNULL)
    try:
        url = f"https://127.0.0.1:{port}"
        wait_for(port)
        yield url, authority.file
    finally:
        process.terminate()
        process.wait(20)


FOR_HERE = ("/here", "/metrics", "/v1/devices")


@pytest.mark.slow
def test_behind_nginx_pages_and_stations_work_and_the_machines_own_pages_are_away(
    server: Server, library: str, tmp_path: Path
) -> None:
    with proxied(tmp_path, server.url) as (url, authority):
        for path in FOR_HERE:
            assert requests.get(url + path, verify=authority, timeout=30).status_code == 404, path
        session = requests.Session()
        page = session.get(f"{url}/enter", timeout=30, verify=authority)
        assert (page.status_code, page.headers["strict-transport-security"]) == (200, "max-age=31536000")
        assert "Secure" in page.headers["set-cookie"]
        (csrf,) = set(re.findall(r'name="csrf" value="([0-9a-f]{64})"', page.text))
        data, origin = {"csrf": csrf}, {"Origin": url}
        sent = session.post(
            f"{url}/leave", data=data, headers=origin, timeout=30, allow_redirects=False, verify=authority
        )
        assert sent.status_code == 303, "a form of our own is refused behind the proxy"
        # What a station has signed arrives as it was: path, question, body.
        through = replace(server, url=url, trusted=authority)
        assert through.changes(library, limit=3).status_code == 200
        station = Station(library=library)
        assert through.post([station.check_in("TK.1")], library).status_code == 200
        logged = (tmp_path / "tram-xanh.log").read_text()
        assert "/v1/changes 200" in logged
        assert library not in logged, "the log has what was asked for"


@pytest.mark.slow
def test_control_without_its_lines_the_machines_own_pages_would_be_there(server: Server, tmp_path: Path) -> None:
    """Who asks from this machine is let in by the server itself. What else they say of where they are is not heard."""
    with proxied(tmp_path, server.url, ("^/(here|metrics|v1/devices)$", "^/nothing$")) as (url, authority):
        said = {"X-Forwarded-For": "192.0.2.7"}
        for path in FOR_HERE:
            assert requests.get(url + path, verify=authority, timeout=30, headers=said).status_code == 200, path
