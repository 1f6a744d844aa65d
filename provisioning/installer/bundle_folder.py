"""The offline bundle as a folder: what is in it, and whether it arrived as it was made."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from provisioning.installer.machine import StepFailed

INDEX = "index.json"
FORMAT = 1
COPY_AGAIN = "Copy the folder onto the card or the stick once more, and wait until it may be taken out."


@dataclass(frozen=True, slots=True)
class BundleFolder:
    """index.json: `suite` and `architecture` of the Debian packages ("" without any), `release` and `publisher` are
    names of files, `files` gives the SHA-256 of every file but itself."""

    folder: Path
    suite: str
    architecture: str
    release: str
    publisher: str
    files: dict[str, str]

    @property
    def debs(self) -> Path:
        return self.folder / "debs"


def read(folder: Path) -> BundleFolder:
    """Raises StepFailed."""
    try:
        said: Any = json.loads((folder / INDEX).read_text("utf-8"))
        if said["format"] != FORMAT:
            raise StepFailed("the bundle is of a format that this installer does not know", "Use its own install.py.")
        suite, architecture = str(said["suite"]), str(said["architecture"])
        release, publisher = str(said["release"]), str(said["publisher"])
        files = dict(said["files"])
    except FileNotFoundError as error:
        raise StepFailed(f"there is no {INDEX} in {folder}", COPY_AGAIN) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StepFailed(f"{folder / INDEX} cannot be read", COPY_AGAIN) from error
    return BundleFolder(folder, suite, architecture, release, publisher, files)


def check(bundle: BundleFolder) -> None:
    """Every file is there and is what was made. It finds what a copy lost, and is no help against who can change the
    folder, and so this program. Raises StepFailed."""
    for name, wanted in bundle.files.items():
        try:
            with (bundle.folder / name).open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise StepFailed(f"{name} is missing in the bundle, or cannot be read", COPY_AGAIN) from error
        if found != wanted:
            raise StepFailed(f"{name} in the bundle is damaged", COPY_AGAIN)
