"""The centre's units on a machine of its own: started, killed, backed up and restored there, in their sandbox."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from demo.processes import ROOT
from tests.system.bare import MINIMAL, bare_debian
from tests.system.machine import Machine

pytestmark = pytest.mark.system

ACCOUNT = "tram-xanh-centre"
HOME = f"/opt/{ACCOUNT}"
DATA = f"/var/lib/{ACCOUNT}"
BACKUPS = f"/var/lib/{ACCOUNT}-backups"
FILE = ("--data", DATA)
POSTGRESQL = ("--database", "postgresql:///tram_xanh?host=/run/postgresql")
_SIGN_IN = """
import re, sys
import requests
session = requests.Session()
page = session.get("http://127.0.0.1:8080/enter").text
csrf = re.search('name="csrf" value="([0-9a-f]+)"', page)[1]
fields = dict(csrf=csrf, login="quan.tri", password=sys.argv[1], code="", then="/people/")
print(session.post("http://127.0.0.1:8080/enter", data=fields).url)
"""


class Centre:
    """As docs/operations.md says, but for the packages, which are ours."""

    def __init__(self, folder: Path) -> None:
        root = bare_debian(folder / "root", (*MINIMAL, "postgresql", "tzdata"))
        (folder / "life").mkdir()
        self.there = Machine(root, folder / "life")
        home, units = self.there.root / HOME[1:], ROOT / "systemd" / "central"
        packages = home / ".venv/lib/python3.11/site-packages"
        packages.mkdir(parents=True)
        (home / ".venv/bin").mkdir()
        (home / ".venv/bin/python").symlink_to("/usr/bin/python3")
        (home / ".venv/pyvenv.cfg").write_text("home = /usr/bin\n")
        theirs = next(Path(path) for path in sys.path if path.endswith("site-packages"))
        self.there.show_in(str(packages)[len(str(self.there.root)) :], theirs.resolve())
        for name in ("central_server", "samples"):
            shutil.copytree(ROOT / name, home / name, ignore=shutil.ignore_patterns("__pycache__"))
        (self.there.root / f"etc/{ACCOUNT}").mkdir()
        shutil.copy(units / "centre.env", self.there.root / f"etc/{ACCOUNT}/centre.env")
        for unit in units.glob("central-server*"):
            shutil.copy(unit, self.there.root / "etc/systemd/system")
        self.there.run_before_boot("useradd", "--system", "--home-dir", DATA, "--shell", "/usr/sbin/nologin", ACCOUNT)
        self.there.run_before_boot("systemctl", "enable", "central-server", "central-server-backup.timer")
        self.there.boot()

    def run(self, *words: str) -> str:
        done = self.there.run(*words)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()

    def python(self, *words: str) -> str:
        return self.run("runuser", "-u", ACCOUNT, "--", "env", "-C", HOME, f"{HOME}/.venv/bin/python", *words)

    def command(self, *words: str) -> str:
        return self.python("-m", "central_server", *words)

    def postgres(self, *words: str) -> str:
        return self.run("runuser", "-u", "postgres", "--", *words)

    def answers(self) -> bool:
        asked = "import requests; print(requests.get('http://127.0.0.1:8080/v1/health', timeout=5).status_code)"
        done = self.there.run(f"{HOME}/.venv/bin/python", "-c", asked)
        return done.stdout.strip() == "200"

    def until_it_answers(self) -> None:
        self.there.until("the server answers", self.answers)

    def main_process(self) -> str:
        return self.run("systemctl", "show", "--value", "--property=MainPID", "central-server")

    def backups(self) -> list[str]:
        return self.run("ls", BACKUPS).split()


@pytest.fixture
def centre() -> Iterator[Centre]:
    with TemporaryDirectory(prefix="tram-xanh-centre-", dir="/var/tmp") as folder:
        made = Centre(Path(folder))
        try:
            yield made
        finally:
            made.there.stop()


def test_lives_in_its_sandbox_with_either_database(centre: Centre) -> None:
    centre.until_it_answers()
    _has_its_day(centre, FILE)
    # Killed, it is there again; its data is nobody else's.
    was = centre.main_process()
    centre.run("sh", "-c", f"kill -KILL {was}")
    centre.there.until("another one runs", lambda: centre.main_process() not in ("0", was))
    centre.until_it_answers()
    assert centre.run("stat", "--format=%a %U", DATA, BACKUPS) == f"700 {ACCOUNT}\n700 {ACCOUNT}"
    # The file is lost, and comes back from the night before.
    centre.run("systemctl", "stop", "central-server")
    centre.run("sh", "-c", f"rm {DATA}/central.sqlite*")
    (backup,) = centre.backups()
    centre.command("restore", *FILE, "--from", f"{BACKUPS}/{backup}")
    centre.run("systemctl", "start", "central-server")
    centre.until_it_answers()
    # The same with PostgreSQL, by its socket and without a password.
    centre.there.until("PostgreSQL is there", lambda: centre.there.run("pg_isready").returncode == 0)
    centre.postgres("createuser", ACCOUNT)
    centre.postgres("createdb", "--owner", ACCOUNT, "-T", "template0", "-E", "UTF8", "tram_xanh")
    settings = centre.there.root / f"etc/{ACCOUNT}/centre.env"
    settings.write_text(settings.read_text("utf-8").replace(" ".join(FILE), " ".join(POSTGRESQL)))
    centre.run("systemctl", "restart", "central-server")
    centre.until_it_answers()
    _has_its_day(centre, POSTGRESQL)
    assert len(centre.backups()) == 2


def _has_its_day(centre: Centre, where: tuple[str, str]) -> None:
    """A library comes, somebody signs in, a reader is erased, the night comes."""
    who = ("--library", "hoa-sen", "--library-name", "Hoa Sen", "--kind", "patrons")
    assert "220" in centre.command("import", *where, *who, f"{HOME}/samples/patrons.csv")
    centre.command("organisation", "add", *where, "vinh-long", "--kind", "province", "--name", "Tỉnh Vĩnh Long")
    role = ("quan.tri", "--name", "Quản trị", "--role", "admin", "--at", "vinh-long")
    password = centre.command("person", "add", *where, *role).split()[-1]
    assert centre.python("-c", _SIGN_IN, password).endswith("/account"), "they choose a password of their own first"
    centre.run("systemctl", "start", "central-server-backup")
    card = (ROOT / "samples/patrons.csv").read_text("utf-8").splitlines()[1].split(",")[0]
    centre.command("erase-reader", *where, "--library", "hoa-sen", "--card", card)
    centre.run("systemctl", "start", "central-server-forget")
    journal = centre.run("journalctl", "--unit", "central-server-forget", "--output=cat", "--no-pager")
    assert "hold nothing any more" in journal
