"""What is known of a station's releases: the file that updater and chooser share."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from provisioning.installed import Places, Releases, Trial, point_to, read_releases, write_releases
from provisioning.release_folder import releases_in, remove_release


@pytest.fixture
def places(tmp_path: Path) -> Places:
    places = Places(tmp_path)
    for folder in (places.kept, places.releases / "0.1.0", places.releases / "0.2.0"):
        folder.mkdir(parents=True)
    return places


def test_knows_by_the_symlink_what_runs_where_nothing_is_written_yet(places: Places) -> None:
    assert read_releases(places) == Releases(None)
    point_to(places, "0.2.0")
    assert read_releases(places) == Releases("0.2.0")


@pytest.mark.parametrize("content", ["", "[]", '{"trial": {"version": "1"}}', "{", '{"refused": 3}'])
def test_a_releases_file_that_is_not_ours_is_not_guessed_at(places: Places, content: str) -> None:
    point_to(places, "0.2.0")
    (places.kept / "releases.json").write_text(content)
    with pytest.raises(ValueError, match=r"."):
        read_releases(places)


def test_writes_the_format_that_the_chooser_reads(places: Places) -> None:
    trial = Trial("0.3.0", 1, 12.5, "boot")
    write_releases(places, Releases("0.3.0", "0.2.0", trial, ("0.1.9",), 2))
    assert json.loads((places.kept / "releases.json").read_text()) == {
        "current": "0.3.0",
        "previous": "0.2.0",
        "trial": {"version": "0.3.0", "starts": 1, "began_boottime": 12.5, "boot_id": "boot"},
        "refused": ["0.1.9"],
        "crashes": 2,
    }
    assert read_releases(places) == Releases("0.3.0", "0.2.0", trial, ("0.1.9",), 2)


@pytest.mark.parametrize("version", ["", ".", "..", "../0.2.0", "0.2", "0.2.0/..", "0.2.0\n"])
def test_only_a_version_is_ever_removed(places: Places, version: str) -> None:
    with pytest.raises(ValueError, match="three numbers"):
        remove_release(places.releases, version)
    assert releases_in(places.releases) == ["0.1.0", "0.2.0"]
