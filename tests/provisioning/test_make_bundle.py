"""What the publisher does: keys, and bundles that a station takes."""

from __future__ import annotations

import stat
import subprocess
from pathlib import Path

import pytest

from benchmarks.small_release import Publisher, install, make_wheel
from provisioning import __main__ as command
from provisioning.bundle import LOCK, check_files, open_bundle, read_manifest, unpack
from provisioning.chooser.choose import Places
from provisioning.make_bundle import CannotMake, Target, make_key, pip_wheel, read_key, write_bundle
from provisioning.self_update import signed_by
from tests.provisioning.forged import BUILT_MS, EXPIRES_MS, MACHINE, PYTHON

pytestmark = pytest.mark.slow

OTHER = "3.99"


def target(version: str = "0.3.0", **other: object) -> Target:
    said = {"schema": "0008", "pythons": (PYTHON, OTHER), "architecture": MACHINE}
    return Target(version, **{**said, "built_ms": BUILT_MS, "expires_ms": EXPIRES_MS, **other})  # type: ignore[arg-type]


def test_makes_a_key_that_nobody_else_reads_and_never_another_over_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    private = tmp_path / "publisher.key"
    assert command.main(["make-publisher-key", "--out", str(private)]) == 0
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    assert "PRIVATE" not in (tmp_path / "publisher.pub").read_text()
    before = private.read_bytes()
    assert command.main(["make-publisher-key", "--out", str(private)]) == 1
    assert "is there already" in capsys.readouterr().err
    assert private.read_bytes() == before
    content = b"a manifest"
    assert signed_by(tmp_path / "publisher.pub")(content, read_key(private).sign(content))


@pytest.mark.parametrize("content", ["", "no key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_says_that_a_file_is_no_key(tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str) -> None:
    (tmp_path / "publisher.key").write_text(content)
    words = ["--key", str(tmp_path / "publisher.key"), "--out", str(tmp_path / "x.bundle"), "--offline"]
    assert command.main(["make-bundle", *words]) == 1
    assert "is not a private key" in capsys.readouterr().err
    assert not (tmp_path / "x.bundle").exists()


def test_makes_a_bundle_that_is_taken_and_that_anybody_can_look_into(tmp_path: Path) -> None:
    public = make_key(tmp_path / "publisher.key")
    wheels = [make_wheel(tmp_path, "one", "1.0", {"one.py": ""}), make_wheel(tmp_path, "two", "2.0", {"two.py": ""})]
    out = tmp_path / "a.bundle"
    write_bundle(out, read_key(tmp_path / "publisher.key"), target(), dict.fromkeys(wheels, ()))
    with open_bundle(out) as file:
        manifest = read_manifest(file, signed_by(public))
        check_files(file, manifest)
        (tmp_path / "unpacked").mkdir()
        unpack(file, manifest, tmp_path / "unpacked")
    assert [one.name for one in manifest.files] == [LOCK, *(f"wheels/{wheel.name}" for wheel in wheels)]
    seen = subprocess.run(["tar", "-tf", str(out)], capture_output=True, text=True, check=True).stdout.split()
    assert seen == ["manifest.json", "manifest.sig", *(one.name for one in manifest.files)]
    lock = (tmp_path / "unpacked" / LOCK).read_text()
    assert lock.count("--hash=sha256:") == 2
    assert "python_version" not in lock
    assert not list(tmp_path.glob("*.half"))


def test_shortens_a_name_that_no_header_holds(tmp_path: Path) -> None:
    public = make_key(tmp_path / "publisher.key")
    made = make_wheel(tmp_path, "a_package_of_a_long_name", "10.20.30", {"a.py": ""})
    platforms = "manylinux2014_x86_64.manylinux_2_17_x86_64.manylinux_2_28_x86_64"
    wheel = made.rename(tmp_path / f"a_package_of_a_long_name-10.20.30-cp311-cp311-{platforms}.whl")
    out = tmp_path / "a.bundle"
    write_bundle(out, read_key(tmp_path / "publisher.key"), target(), {wheel: ()})
    with open_bundle(out) as file:
        names = [one.name for one in read_manifest(file, signed_by(public)).files]
    assert names == [LOCK, "wheels/a_package_of_a_long_name-10.20.30-cp311-cp311-manylinux_2_28_x86_64.whl"]
    longer = wheel.rename(tmp_path / f"{'long_' * 20}-1-py3-none-any.whl")
    with pytest.raises(CannotMake, match="too long a name"):
        write_bundle(tmp_path / "b.bundle", read_key(tmp_path / "publisher.key"), target(), {longer: ()})
    assert not (tmp_path / "b.bundle").exists()


def test_a_station_gets_what_is_for_its_own_python(tmp_path: Path) -> None:
    """One package in two versions, each for one Python: pip would take two pins of it for a contradiction."""
    more = {
        make_wheel(tmp_path, "leaf", "1.0", {"leaf.py": "VERSION = 1"}): {OTHER},
        make_wheel(tmp_path, "leaf", "2.0", {"leaf.py": "VERSION = 2"}): {PYTHON},
    }
    bundle = Publisher(tmp_path).bundle("0.3.0", more=more, pythons=(PYTHON, OTHER))
    places = Places(tmp_path / "root")
    places.releases.mkdir(parents=True)
    install(places, bundle)
    python = places.releases / "0.3.0/bin/python"
    said = subprocess.run(
        [python, "-I", "-c", "import leaf; print(leaf.VERSION)"], capture_output=True, text=True, check=True
    )
    assert said.stdout == "2\n"
    assert pip_wheel(None).name.startswith("pip-")
    assert subprocess.run(
        [python, "-I", "-c", "import pip"], capture_output=True, check=False
    ).returncode  # it stays away
