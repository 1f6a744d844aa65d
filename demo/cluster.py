"""A PostgreSQL server of our own, for trying out: in a temporary folder, on a socket that nobody else reaches."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

HOW_TO_GET_IT = "PostgreSQL is not installed: sudo apt-get install postgresql"
_USER = "tram"


def programs() -> Path | None:
    """The folder of `initdb` and `pg_ctl` (Debian's newest, or on the PATH); `None`: PostgreSQL is not installed."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    found = str(debian[-1]) if debian else shutil.which("initdb")
    return Path(found).parent if found else None


class Cluster:
    """Its databases are sorted as Vietnamese people sort: what relies on that, or on the opposite, shows itself."""

    def __init__(self, folder: Path, bin_: Path, **settings: object) -> None:
        """`folder` is empty and belongs to `account()`. `settings` are those of postgresql.conf, by name."""
        self.folder = folder
        self._bin = bin_
        self._settings = settings
        self._made = 0
        words = ["--username", _USER, "--auth", "trust", "--encoding", "UTF8", "--locale", "C.UTF-8"]
        self.run("initdb", "-D", "data", *words, "--locale-provider=icu", "--icu-locale=vi", "--no-sync")

    def start(self) -> None:
        settings = {"listen_addresses": "", "unix_socket_directories": self.folder, **self._settings}
        options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
        self.run("pg_ctl", "start", "-D", "data", "-w", "-l", "log", "-o", options)

    def stop(self, mode: str = "fast") -> None:
        """`fast`: in good order. `immediate`: nothing more is written, as when the power goes."""
        self.run("pg_ctl", "stop", "-D", "data", "-w", "-m", mode)

    def url(self, name: str) -> str:
        return f"postgresql://{_USER}@/{name}?host={self.folder}"

    def create(self, template: str = "template0", name: str = "") -> str:
        """The name of a new database, empty or a copy of `template`, to which nobody may be connected."""
        self._made += 1
        name = name or f"database_{self._made}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop(self, name: str) -> None:
        self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def execute(self, statement: Any, name: str = "postgres") -> None:
        """Run `statement` in the database `name`."""
        with psycopg.connect(self.url(name), autocommit=True) as connection:
            connection.execute(statement)

    def run(self, program: str, *words: str) -> str:
        """Run one of PostgreSQL's programs; answers what it printed."""
        # PostgreSQL refuses to be root.
        as_root = os.getuid() == 0
        done = subprocess.run(
            [self._bin / program, *words],
            cwd=self.folder,
            env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
            capture_output=True,
            text=True,
            check=False,
            user=_account().pw_uid if as_root else None,
            group=_account().pw_gid if as_root else None,
            extra_groups=[] if as_root else None,
        )
        if done.returncode != 0:
            raise RuntimeError(f"{program} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done.stdout


@contextmanager
def running(**settings: object) -> Iterator[Cluster]:
    """A cluster that has been started, with `settings`; nothing of it is left. Raises `RuntimeError`."""
    found = programs()
    if found is None:
        raise RuntimeError(HOW_TO_GET_IT)
    folder = Path(tempfile.mkdtemp(prefix="tram-xanh-pg-"))
    try:
        os.chown(folder, _account().pw_uid, -1)
        cluster = Cluster(folder, found, **settings)
        cluster.start()
        try:
            yield cluster
        finally:
            if (folder / "data" / "postmaster.pid").exists():
                cluster.stop("immediate")
    finally:
        shutil.rmtree(folder)


def _account() -> pwd.struct_passwd:
    """Whose processes they are."""
    return pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
