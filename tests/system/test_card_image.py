"""provisioning/image/build-image on a file with the partitions of Raspberry Pi OS; the system in it is a bare Debian of
this machine's kind: Raspberry Pi OS itself was never at hand."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from kiosk import __version__
from tests.system.bare import PROJECT, bare_debian
from tests.system.bundles import offline_bundle

pytestmark = pytest.mark.system

_BOOT_SECTORS, _ROOT_SECTORS = 131_072, 1_200_000  # of 512 bytes
_LOOK = """
set -e
mount -o loop,ro,offset=$((512 * $2)) "$1" "$3"
for name in config.txt cmdline.txt; do mtype -i "$1@@$((512 * 2048))" ::$name; done
ls "$3/boot/firmware"
mount -t tmpfs tmpfs "$3/tmp"
exec chroot "$3" /opt/tram-xanh/current/bin/python -m kiosk --version
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    with TemporaryDirectory(prefix="tram-xanh-image-", dir="/var/tmp") as name:
        yield Path(name)


def _like_raspberry_pi_os(folder: Path) -> Path:
    root, image, fat, ext = (folder / name for name in ("root", "from.img", "fat", "ext"))
    bare_debian(root)
    (root / "boot/firmware").mkdir(parents=True)
    for name, content in (("config.txt", "dtparam=audio=on\n"), ("cmdline.txt", "root=PARTUUID=1-02 rootwait\n")):
        (folder / name).write_text(content)
    run = _run
    run("truncate", "--size", str(_BOOT_SECTORS * 512), str(fat))
    run("mkfs.vfat", "-n", "bootfs", str(fat))
    run("mcopy", "-i", str(fat), str(folder / "config.txt"), str(folder / "cmdline.txt"), "::")
    run("truncate", "--size", str(_ROOT_SECTORS * 512), str(ext))
    run("mkfs.ext4", "-q", "-d", str(root), str(ext))
    start = 2048 + _BOOT_SECTORS
    run("truncate", "--size", str((start + _ROOT_SECTORS) * 512), str(image))
    table = f"label: dos\nstart=2048,size={_BOOT_SECTORS},type=c\nstart={start},size={_ROOT_SECTORS},type=83\n"
    subprocess.run(["sfdisk", "--quiet", str(image)], input=table, text=True, check=True)
    run("dd", f"if={fat}", f"of={image}", "bs=512", "seek=2048", "conv=notrunc", "status=none")
    run("dd", f"if={ext}", f"of={image}", "bs=512", f"seek={start}", "conv=notrunc,sparse", "status=none")
    return image


def test_an_image_becomes_a_stations_and_the_one_it_was_stays(folder: Path) -> None:
    image, bundle = _like_raspberry_pi_os(folder), offline_bundle(folder, "amd64")
    before = subprocess.run(["sha256sum", image], capture_output=True, text=True, check=True).stdout
    build = [str(PROJECT / "provisioning/image/build-image"), str(image), str(folder / "out.img"), str(bundle)]
    done = subprocess.run(build, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert subprocess.run(["sha256sum", image], capture_output=True, text=True, check=True).stdout == before
    (folder / "look").mkdir()
    words = [str(folder / "out.img"), str(2048 + _BOOT_SECTORS), str(folder / "look")]
    look = ["unshare", "--mount", "--propagation", "private", "--", "sh", "-c", _LOOK, "sh", *words]
    seen = subprocess.run(look, capture_output=True, text=True, check=False)
    assert seen.returncode == 0, seen.stderr
    assert "dtparam=audio=on\n" in seen.stdout
    assert "dtparam=watchdog=on\n" in seen.stdout
    assert "root=PARTUUID=1-02 rootwait consoleblank=0" in seen.stdout
    assert seen.stdout.endswith(f"quiet\ntram-xanh {__version__}\n")  # nothing lies where the FAT part is mounted


def test_control_what_is_no_image_of_a_raspberry_pi_is_left_alone(folder: Path) -> None:
    image = folder / "from.img"
    with image.open("wb") as file:
        file.truncate(64 << 20)
    build = [str(PROJECT / "provisioning/image/build-image"), str(image), str(folder / "out.img"), str(folder)]
    assert subprocess.run(build, capture_output=True, check=False).returncode != 0
    assert sorted(path.name for path in folder.iterdir()) == ["from.img"]


def _run(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True)
