"""Debian packages: what a release and its screen need, from the bundle's own folder or from the network."""

from __future__ import annotations

import shutil
from urllib.parse import quote

from provisioning.installer.bundle_folder import COPY_AGAIN, BundleFolder
from provisioning.installer.machine import Machine, StepFailed

PACKAGES = (
    "python3",
    "openssl",  # checks the publisher's signature before any of our own packages is there
    "ca-certificates",
    "libgl1",
    "libegl1",
    "libgles2",
    "libgl1-mesa-dri",
    "libzbar0",
    "cage",
    "seatd",
    "xwayland",
    # The SDL that Kivy brings loads these by name: no package says that it needs them.
    "libx11-6",
    "libxext6",
    "libxi6",
    "libxrandr2",
    "libxcursor1",
    "libxfixes3",
    "alsa-utils",
    "dbus",
    "udev",
    "network-manager",
    "wpasupplicant",
    "wireless-regdb",
    "rfkill",
    "systemd-timesyncd",
    "tzdata",
    "dosfstools",
    "exfatprogs",
    "kmod",
)
RASPBERRY_PACKAGES = ("python3-picamera2",)
"""Taken on a Raspberry Pi where they can be had: Debian itself has none of them."""

_OWN = "/run/tram-xanh-installer"


def install(machine: Machine, bundle: BundleFolder | None) -> None:
    """Raises StepFailed."""
    _finish_what_was_cut_off(machine)
    missing = [name for name in PACKAGES if not _is_installed(machine, name)]
    wished = [name for name in RASPBERRY_PACKAGES if machine.boot and not _is_installed(machine, name)]
    if bundle and bundle.suite:
        _check_fit(machine, bundle)
        source = _local_source(machine, bundle) if missing or wished else []
    else:
        source = []
        if missing:
            advice = "Connect the machine to the network, or use an offline bundle (--offline FOLDER)."
            machine.run("apt-get", "-q", "update", did="the lists of packages were fetched", advice=advice)
    try:
        found = [name for name in wished if _has_candidate(machine, source, name)]
        if missing or found:
            _install(machine, source, missing + found)
    finally:
        shutil.rmtree(machine.path(_OWN), ignore_errors=True)


def _finish_what_was_cut_off(machine: Machine) -> None:
    """The plug may have been pulled while dpkg worked; it wants to be told to go on."""
    updates = machine.path("/var/lib/dpkg/updates")
    if machine.ask("dpkg", "--audit")[1].strip() or (updates.is_dir() and any(updates.iterdir())):
        advice = "See what `dpkg --audit` says. A card on which packages stay half installed is best written anew."
        done = "packages that were half installed were finished"
        machine.run("dpkg", "--configure", "-a", "--force-confold", did=done, advice=advice)


def _is_installed(machine: Machine, name: str) -> bool:
    return machine.ask("dpkg-query", "-W", "-f", "${db:Status-Status}", name) == (0, "installed")


def _has_candidate(machine: Machine, source: list[str], name: str) -> bool:
    status, said = machine.ask("apt-cache", *source, "show", "--no-all-versions", name)
    return status == 0 and bool(said.strip())


def _install(machine: Machine, source: list[str], names: list[str]) -> None:
    machine.says("this takes some minutes")
    machine.run(
        "apt-get",
        *source,
        "-q",
        "-y",
        "--no-install-recommends",
        "-o",
        "Dpkg::Options::=--force-confold",
        "install",
        *names,
        did=f"{len(names)} Debian packages were installed, with what they need: {' '.join(names)}",
        advice="If it speaks of a broken or interrupted package: `dpkg --configure -a`, then run the installer again. "
        "If a package is not found: the bundle was made for another system, or there is no network.",
    )


def _check_fit(machine: Machine, bundle: BundleFolder) -> None:
    release = dict(
        line.split("=", 1) for line in (machine.content("/etc/os-release") or "").splitlines() if "=" in line
    )
    suite = release.get("VERSION_CODENAME", "").strip('"')
    architecture = machine.ask("dpkg", "--print-architecture")[1].strip()
    if (suite, architecture) != (bundle.suite, bundle.architecture):
        raise StepFailed(
            f"the bundle is for {bundle.suite} on {bundle.architecture}, this machine is {suite} on {architecture}",
            f"Use a bundle made with --suite {suite} --architecture {architecture}, or a card with {bundle.suite}.",
        )


def _local_source(machine: Machine, bundle: BundleFolder) -> list[str]:
    """apt sees the bundle and nothing else, and leaves the machine's own lists as they are."""
    own = machine.path(_OWN)
    shutil.rmtree(own, ignore_errors=True)
    for name in ("lists/partial", "archives/partial"):
        (own / name).mkdir(parents=True)
    # Trusted: the files were compared with the bundle's index, and whoever can change that can change this program.
    (own / "sources.list").write_text(f"deb [trusted=yes] file:{quote(str(bundle.debs))} ./\n")
    options = {
        "Dir::Etc::sourcelist": f"{_OWN}/sources.list",
        "Dir::Etc::sourceparts": "-",
        "Dir::State::lists": f"{_OWN}/lists",
        "Dir::Cache": _OWN,
        "Dir::Cache::archives": f"{_OWN}/archives",
        "APT::Sandbox::User": "root",
        "Acquire::Languages": "none",
    }
    source = [word for key, value in options.items() for word in ("-o", f"{key}={value}")]
    status, _ = machine.ask("apt-get", *source, "-q", "update")
    if status:
        raise StepFailed("apt cannot read the bundle's packages", COPY_AGAIN)
    return source
