"""Databases of each kind for the tests, made quickly: a copy instead of a migration."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Protocol

import pytest
import sqlalchemy as sa

from central_server.database import Where
from central_server.postgresql import read_url
from demo.cluster import Cluster


class Databases(Protocol):
    """Makes databases of one kind."""

    def new(self, like: Where | None = None) -> Where:
        """A database: without anything, or a copy of `like`, which nobody has open."""

    def backup(self, where: Where) -> Where:
        """A copy of a database that is being worked on."""

    def content(self, where: Where) -> bytes:
        """All that can be read in it."""

    def files(self, where: Where) -> list[Path]:
        """Those on the disk that hold it, with all that was written."""

    def renew(self, where: Where, like: Where) -> None:
        """Put a copy of `like` in its place; nobody has either open."""


class SqliteDatabases:
    def __init__(self, factory: pytest.TempPathFactory) -> None:
        self._factory = factory

    def new(self, like: Where | None = None) -> Where:
        folder = self._factory.mktemp("database")
        if like:
            shutil.copytree(Path(str(like)), folder, dirs_exist_ok=True)
        return folder

    def backup(self, where: Where) -> Where:
        return self.new(where)

    def content(self, where: Where) -> bytes:
        return b"".join(path.read_bytes() for path in self.files(where))

    def files(self, where: Where) -> list[Path]:
        return list(Path(str(where)).iterdir())

    def renew(self, where: Where, like: Where) -> None:
        shutil.rmtree(Path(str(where)))
        shutil.copytree(Path(str(like)), Path(str(where)))


class PostgresqlDatabases:
    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def new(self, like: Where | None = None) -> Where:
        return read_url(self._cluster.url(self._cluster.create(_name(like) if like else "template0")))

    def backup(self, where: Where) -> Where:
        copy = self.new()
        (self._cluster.folder / "backup.sql").write_bytes(self.content(where))
        url = self._cluster.url(_name(copy))
        self._cluster.run("psql", "--quiet", "--set=ON_ERROR_STOP=1", "--file=backup.sql", url)
        return copy

    def content(self, where: Where) -> bytes:
        return self._cluster.run("pg_dump", self._cluster.url(_name(where))).encode()

    def files(self, where: Where) -> list[Path]:
        self._cluster.execute("CHECKPOINT")
        question = f"SELECT oid FROM pg_database WHERE datname = '{_name(where)}'"
        number = self._cluster.run("psql", "-Atc", question, self._cluster.url("postgres")).strip()
        return list((self._cluster.folder / "data" / "base" / number).iterdir())

    def renew(self, where: Where, like: Where) -> None:
        self._cluster.drop(_name(where))
        self._cluster.create(_name(like), _name(where))


def _name(where: Where) -> str:
    assert isinstance(where, sa.URL)
    assert where.database
    return where.database
