"""A station that is updated, its service manager, and who stands in front of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.small_release import (
    BUILT_MS,
    GOOD,
    Publisher,
    start,
    version_that_runs,
)
from provisioning.chooser.choose import (
    Places,
    Releases,
    read_releases,
)
from provisioning.release_folder import releases_in
from provisioning.self_update import Outcome, Updater, signed_by

OLDEST, OLD, NEW, NEWER = "0.1.0", "0.2.0", "0.3.0", "0.4.0"


@dataclass
class Machine:
    """A station, its service manager, and who stands in front of it."""

    places: Places
    publisher: Publisher
    screen: str | None = "home"
    started: list[str] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    now_ms: int = BUILT_MS
    chooser: Callable[[], None] = lambda: None
    built: Mapping[str, Path] = field(default_factory=dict)

    def restart(self) -> None:
        self.chooser()
        self.started.append(version_that_runs(self.places))
        start(self.places)

    def updater(self, **other: float) -> Updater:
        return Updater(
            self.places,
            signed_by(self.places.publisher),
            self.restart,
            lambda: None if self.screen is None else {"screen": self.screen},
            lambda: self.now_ms,
            tell=self.steps.append,
            pause=lambda _: None,
            **{"within_s": 0.3, **other},
        )

    def update(self, version: str = NEW, run: str = GOOD, *, again: bool = False) -> Outcome:
        self.prepare(run)
        return self.updater().update(self.publisher.bundle(version, run), again=again)

    def prepare(self, run: str) -> None:
        """The new release as a run before has built it: that takes a second, and most tests are not about it."""
        if run in self.built and NEW not in self.there:
            shutil.copytree(self.built[run] / NEW, self.places.releases / NEW, symlinks=True)

    @property
    def known(self) -> Releases:
        return read_releases(self.places)

    @property
    def there(self) -> list[str]:
        return releases_in(self.places.releases)

    @property
    def halves(self) -> list[str]:
        return [path.name for path in self.places.releases.iterdir() if path.name.startswith(".")]


def proof_of(places: Places) -> Path:
    return places.marks / "proved"
