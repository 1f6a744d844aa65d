"""The machine that is made a station: each act looks first, does only what is not so yet, and says what it did."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

Say = Callable[[str], None]


class StepFailed(Exception):
    """`advice`: in plain words, what a person does about it. The installer may then be run again."""

    def __init__(self, what: str, advice: str) -> None:
        super().__init__(what)
        self.advice = advice


class Machine:
    """`root`: "/", or a folder in which one lies for a test. `dry_run`: says what it would do, and does nothing."""

    def __init__(self, say: Say, root: Path = Path("/"), *, dry_run: bool = False) -> None:
        self.root = root
        self.dry_run = dry_run
        self.changes = 0
        self._say = say

    def path(self, name: str) -> Path:
        """`name` begins with a slash."""
        return self.root / name.lstrip("/")

    def content(self, name: str) -> str | None:
        """None where there is no such file."""
        try:
            return self.path(name).read_text("utf-8", errors="replace")
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None

    @property
    def runs(self) -> bool:
        """Whether this system was booted, so that its services can be started: it is no card in another machine."""
        return self.path("/run/systemd/system").is_dir()

    @property
    def boot(self) -> str | None:
        """Where a Raspberry Pi's boot partition is mounted; None on another machine."""
        places = ("/boot/firmware", "/boot")
        return next((place for place in places if self.path(f"{place}/config.txt").is_file()), None)

    def file(self, name: str, content: str | bytes, mode: int = 0o644, owner: str = "root") -> None:
        """Whole or not at all, and on the disk on return: the plug may be pulled in the middle of an installation."""
        wanted = content if isinstance(content, bytes) else content.encode()
        path, ids = self.path(name), self._ids(owner)
        found = self._state(path)
        if found == (stat.S_IFREG | mode, *ids) and path.read_bytes() == wanted:
            return
        if not self._changes(f"{name} was written", f"{name} would be written"):
            return
        self.folder(os.path.dirname(name), quiet=True)
        half = path.with_name(f".{path.name}.half")
        handle = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(wanted)
            self._give(half, mode, ids)
            file.flush()
            os.fsync(handle)
        os.rename(half, path)

    def folder(self, name: str, mode: int = 0o755, owner: str = "root", *, quiet: bool = False) -> None:
        """With `quiet` only what is missing is made: a folder of somebody else's stays as it is."""
        path = self.path(name)
        if quiet:
            if not path.is_dir():
                path.mkdir(parents=True, mode=0o755)
            return
        ids = self._ids(owner)
        if self._state(path) == (stat.S_IFDIR | mode, *ids):
            return
        if self._changes(f"{name} was made, with its owner and mode", f"{name} would be made"):
            path.mkdir(parents=True, exist_ok=True)
            self._give(path, mode, ids)

    def link(self, name: str, target: str) -> None:
        """A symbolic link; what is there under this name is replaced."""
        path = self.path(name)
        if path.is_symlink() and os.readlink(path) == target:
            return
        if self._changes(f"{name} now leads to {target}", f"{name} would lead to {target}"):
            self.folder(os.path.dirname(name), quiet=True)
            half = path.with_name(f".{path.name}.half")
            half.unlink(missing_ok=True)
            half.symlink_to(target)
            os.rename(half, path)

    def gone(self, name: str) -> None:
        """A file, a link or a whole folder."""
        path = self.path(name)
        if not os.path.lexists(path):
            return
        if self._changes(f"{name} was taken away", f"{name} would be taken away"):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()

    def ask(self, *words: str) -> tuple[int, str]:
        """Status and output of a command that changes nothing; 127 where there is none of that name."""
        try:
            done = subprocess.run(words, capture_output=True, text=True, env=_environment(), check=False)
        except FileNotFoundError:
            return 127, ""
        return done.returncode, done.stdout

    def run(self, *words: str, did: str, advice: str) -> None:
        """A command that changes something. Raises StepFailed with the last that it said."""
        if self.dry_run:
            self._changes(did, f"it would be done: {did}")
            return
        try:
            done = subprocess.run(words, capture_output=True, text=True, env=_environment(), check=False)
        except FileNotFoundError as error:
            raise StepFailed(f"the program {words[0]} is missing", advice) from error
        if done.returncode:
            last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-3:]
            raise StepFailed(f"{words[0]} gave status {done.returncode}: {' / '.join(last)}", advice)
        self._changes(did, "")

    def begins(self, what: str) -> bool:
        """Says that something begins that no act above does; False: leave it, this is only a dry run."""
        return self._changes(what, f"it would begin: {what}")

    def says(self, what: str) -> None:
        """What is no change."""
        self._say(f"    {what}")

    def _changes(self, did: str, would: str) -> bool:
        self.changes += 1
        self._say(f"    {would if self.dry_run else did}")
        return not self.dry_run

    def _ids(self, owner: str) -> tuple[int, int]:
        if owner == "root":
            return (0, 0) if os.geteuid() == 0 else (os.geteuid(), os.getegid())
        for line in (self.content("/etc/passwd") or "").splitlines():
            name, _, user, group, *_ = [*line.split(":"), "", "", ""]
            if name == owner:
                return int(user), int(group)
        if self.dry_run:
            return -1, -1
        raise StepFailed(f"there is no account {owner}", "Run the installer again; it makes the account first.")

    @staticmethod
    def _state(path: Path) -> tuple[int, int, int] | None:
        try:
            found = path.lstat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        return found.st_mode, found.st_uid, found.st_gid

    @staticmethod
    def _give(path: Path, mode: int, ids: tuple[int, int]) -> None:
        if (path.stat().st_uid, path.stat().st_gid) != ids:
            os.chown(path, *ids)
        path.chmod(mode)


def _environment() -> dict[str, str]:
    return {
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "LC_ALL": "C.UTF-8",
        "DEBIAN_FRONTEND": "noninteractive",
    }
