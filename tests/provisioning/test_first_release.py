"""The first release of a station, by the installer from a bundle; and again when Debian has another Python."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from benchmarks.small_release import Publisher
from provisioning.chooser.choose import Places, read_releases
from provisioning.installer import first_release
from provisioning.installer.machine import Machine, StepFailed

pytestmark = pytest.mark.slow


@pytest.fixture
def publisher(tmp_path: Path) -> Publisher:
    (tmp_path / "publisher").mkdir()
    return Publisher(tmp_path / "publisher")


def install(root: Path, publisher: Publisher, bundle: Path) -> list[str]:
    said: list[str] = []
    public = publisher.folder / "publisher.pub"
    public.write_bytes(publisher.public)
    machine = Machine(said.append, root)
    for name in ("opt/tram-xanh/releases", "var/lib/tram-xanh-chooser", "etc/tram-xanh"):
        (root / name).mkdir(parents=True, exist_ok=True)
    first_release.install(machine, bundle, public)
    return said


def test_is_installed_once(tmp_path: Path, publisher: Publisher) -> None:
    root, places = tmp_path / "root", Places(tmp_path / "root")
    bundle = publisher.bundle("0.2.0")
    assert install(root, publisher, bundle)[-1].strip() == "0.2.0 is installed"
    assert read_releases(places).current == "0.2.0"
    assert first_release.runs(places.current.resolve())
    assert install(root, publisher, bundle) == []


def test_is_built_anew_when_it_does_not_run_any_more(tmp_path: Path, publisher: Publisher) -> None:
    root, places = tmp_path / "root", Places(tmp_path / "root")
    bundle = publisher.bundle("0.2.0")
    install(root, publisher, bundle)
    (library,) = (places.releases / "0.2.0" / "lib").glob("python3.*")
    library.rename(library.with_name("python3.2"))  # as after Debian's next release
    assert not first_release.runs(places.current.resolve())
    said = install(root, publisher, bundle)
    assert said[0].strip() == "the release 0.2.0 does not run here, and goes"
    assert first_release.runs(places.current.resolve())


def test_of_another_publisher_is_refused_and_nothing_is_left(tmp_path: Path, publisher: Publisher) -> None:
    (tmp_path / "thief").mkdir()
    with pytest.raises(StepFailed, match="not signed by our publisher"):
        install(tmp_path / "root", publisher, Publisher(tmp_path / "thief").bundle("0.2.0"))
    assert os.listdir(tmp_path / "root/opt/tram-xanh/releases") == []


def test_the_chooser_takes_no_release_of_another_python(tmp_path: Path) -> None:
    from provisioning.chooser import choose

    release = tmp_path / "opt/tram-xanh/releases/0.2.0"
    (release / "bin").mkdir(parents=True)
    (release / "release.json").write_text(json.dumps({"version": "0.2.0"}))
    (release / "bin/python").symlink_to(os.path.realpath(choose.sys.executable))
    (release / "lib/python3.2").mkdir(parents=True)
    assert choose.usable_releases(choose.Places(tmp_path)) == []
    version = choose.sys.version_info
    (release / f"lib/python{version.major}.{version.minor}").mkdir()
    assert choose.usable_releases(choose.Places(tmp_path)) == ["0.2.0"]
