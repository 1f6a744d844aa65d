"""Whether a keyboard is a scanner of kiosk.toml: asked by udev of each that is plugged in; exit status 0 means yes.

is_scanner.py /dev/input/event3 [LINK …]. Standard library only, as choose.py; what a keyboard is and is called stands
in sysfs. Whatever cannot be found out is no scanner.
"""

from __future__ import annotations

import argparse
import re
import sys
import tomllib
from pathlib import Path

CONFIG = "etc/tram-xanh/kiosk.toml"


def scanners(root: Path) -> list[dict[str, str]]:
    """The tables of keyboard scanners. Raises OSError and ValueError."""
    tables = tomllib.loads((root / CONFIG).read_text("utf-8")).get("scanner", [])
    return [table for table in tables if isinstance(table, dict) and table.get("kind") == "keyboard"]


def is_one(table: dict[str, str], paths: list[str], identity: str, name: str) -> bool:
    """As devices/scanners/keyboard_scanner.py finds it: by `path`, `id` or `name`."""
    if table.get("path"):
        return table["path"] in paths
    if table.get("id"):
        return table["id"].lower() == identity
    return bool(table.get("name")) and re.fullmatch(table["name"], name, re.IGNORECASE) is not None


def _say(text: str) -> None:
    """For the journal."""
    sys.stderr.write(text + "\n")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", default="/", type=Path, help="where etc and sys are")
    parser.add_argument("node", help="under /dev/input")
    parser.add_argument("links", nargs="*", help="other names of it")
    options = parser.parse_args()
    links = ["/dev/" + link.removeprefix("/dev/") for link in options.links]
    device = options.root / "sys/class/input" / Path(options.node).name / "device"
    try:
        vendor, product = ((device / "id" / what).read_text("ascii").strip().lower() for what in ("vendor", "product"))
        name = (device / "name").read_text("utf-8", "replace").removesuffix("\n")
        found = any(
            is_one(table, [options.node, *links], f"{vendor}:{product}", name) for table in scanners(options.root)
        )
    except (OSError, ValueError, TypeError, AttributeError, re.error) as error:
        _say(f"{options.node}: {error}")
        return 1
    return 0 if found else 1


if __name__ == "__main__":
    sys.exit(main())
