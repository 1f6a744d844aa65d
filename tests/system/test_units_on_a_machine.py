"""What the machine's own systemd and udev make of our files, and what of the machine the station can touch."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.system.machine import UNIT, Machine

pytestmark = pytest.mark.system

RULES = "90-tram-xanh.rules"


def test_units_are_clean_and_their_sandbox_is_tight(there: Machine) -> None:
    there.boot()
    there.wait_until_usable()
    units = [path.name for path in (there.root / "etc/systemd/system").glob("*.*") if path.is_file()]
    assert UNIT in units
    verified = there.run("systemd-analyze", "verify", *units)
    assert (verified.returncode, verified.stdout + verified.stderr) == (0, "")
    for unit in units:
        if unit.endswith(".service"):
            looked = there.run("systemd-analyze", "security", "--no-pager", "--threshold=15", unit)
            assert looked.returncode == 0, looked.stdout


def test_the_account_can_write_nothing_but_its_own(there: Machine) -> None:
    there.boot()
    there.lends()
    process = there.main_process()
    inside = Path(f"/proc/{process}/root")
    mounts = Path(f"/proc/{process}/mountinfo").read_text().splitlines()
    writable = {line.split()[4] for line in mounts if "rw" in line.split()[5].split(",")}
    assert {"/var/lib/tram-xanh", "/run/tram-xanh"} <= writable
    assert not {"/", "/opt", "/etc", "/usr"} & writable
    status = Path(f"/proc/{process}/status").read_text()
    assert "CapEff:\t0000000000000000" in status
    assert "NoNewPrivs:\t1" in status
    assert "Seccomp:\t2" in status
    assert inside.exists()


def _said_of_our_rules(there: Machine) -> list[str]:
    """udev reads all of its rules for any device."""
    done = there.run("udevadm", "test", "/sys/devices/virtual/mem/null")
    assert "null" in done.stdout + done.stderr
    return [line for line in (done.stdout + done.stderr).splitlines() if RULES in line and "Reading" not in line]


def test_udev_understands_our_rules(there: Machine) -> None:
    there.boot()
    assert _said_of_our_rules(there) == []


def test_control_it_would_say_what_it_does_not_understand(there: Machine) -> None:
    rules = there.root / "etc/udev/rules.d" / RULES
    rules.write_text(
        rules.read_text().replace('GOTO="tram_xanh_others"', 'GOTO="nowhere"').replace("PROGRAM!=", "PROGRAMME!=")
    )
    there.boot()
    assert _said_of_our_rules(there)


def test_nobody_can_log_in_on_the_screen(there: Machine) -> None:
    there.boot()
    for unit in ("getty@tty1.service", "autovt@tty2.service", "ctrl-alt-del.target"):
        assert there.run("systemctl", "start", unit).returncode != 0, unit
    assert "NAutoVTs=0" in there.run("systemd-analyze", "cat-config", "systemd/logind.conf").stdout


def test_temporary_files_and_a_small_journal_spare_the_card(there: Machine) -> None:
    there.run_before_boot("systemctl", "enable", "tmp.mount")
    there.boot()
    there.wait_until_usable()
    assert there.run("findmnt", "--noheadings", "--output=FSTYPE", "/tmp").stdout.strip() == "tmpfs"
    assert "SystemMaxUse=64M" in there.run("systemd-analyze", "cat-config", "systemd/journald.conf").stdout


def test_a_backup_is_written_beside_a_running_station_onto_a_stick(there: Machine) -> None:
    config = there.root / "etc/tram-xanh/kiosk.toml"
    config.write_text(config.read_text() + '[backup]\nfolder = "/media/tram-xanh/tram"\n')
    there.boot()
    there.lends()
    stick = there.run("mount", "-t", "tmpfs", "-o", "mode=1777,nosuid,nodev,noexec", "stick", "/media/tram-xanh")
    assert stick.returncode == 0, stick.stderr
    began = there.run("systemctl", "start", "tram-xanh-backup.service")
    assert began.returncode == 0, there.run("journalctl", "--no-pager", "--unit=tram-xanh-backup").stdout
    assert there.run("ls", "/media/tram-xanh/tram").stdout.strip()
    process = there.main_process()
    seen = Path(f"/proc/{process}/root/media/tram-xanh/tram")
    assert seen.is_dir(), "the station sees a stick that was put in while it ran"


UPDATES = """[Service]
ExecStart=
ExecStart=/bin/sh -exc ' \
  cat /var/lib/tram-xanh/store.key >/dev/null; \
  python3 -m venv --without-pip /opt/tram-xanh/releases/.0.2.0.half; \
  ln -s releases/0.1.0 /opt/tram-xanh/half; mv -T /opt/tram-xanh/half /opt/tram-xanh/current; \
  touch /var/lib/tram-xanh-chooser/restart-due; \
  systemctl restart kiosk.service; \
  for folder in /etc /usr /opt /home /root /var /var/lib/tram-xanh; do if touch $$folder/it; then exit 9; fi; done'
"""


def test_an_update_can_change_what_runs_and_start_it_anew_and_nothing_else(there: Machine) -> None:
    folder = there.root / "etc/systemd/system/tram-xanh-update.service.d"
    folder.mkdir()
    (folder / "acts.conf").write_text(UPDATES)
    there.boot()
    there.lends()
    before = there.main_process()
    began = there.run("systemctl", "start", "tram-xanh-update.service")
    assert began.returncode == 0, there.run("journalctl", "--no-pager", "--unit=tram-xanh-update").stdout
    assert there.main_process() != before
    there.lends()
