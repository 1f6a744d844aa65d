"""What lies under releases/ on a station."""

from __future__ import annotations

from pathlib import Path

import pytest

from provisioning.release_folder import releases_in, remove_release


@pytest.mark.parametrize("version", ["", ".", "..", "../0.2.0", "0.2", "0.2.0/..", "0.2.0\n"])
def test_only_a_version_is_ever_removed(tmp_path: Path, version: str) -> None:
    for there in ("0.1.0", "0.2.0"):
        (tmp_path / there).mkdir()
    with pytest.raises(ValueError, match="three numbers"):
        remove_release(tmp_path, version)
    assert releases_in(tmp_path) == ["0.1.0", "0.2.0"]
