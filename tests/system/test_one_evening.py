"""One teacher's evening in a real systemd: from the bundle, without a network, to the first loan; what its units do by
themselves; updates from the centre, good and bad, cut off in the middle. After each it lends, and has all its loans."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.system.evening import CONFIG, PROGRAM, Evening, evening

pytestmark = pytest.mark.system

CRASHES = {"screens/app.py": '\nraise RuntimeError("a release that cannot start")\n'}
DEAF = {"devices/scanners/framing.py": "\nFramer.feed = lambda *_: []\n"}
"""It starts, shows a frame, beats; and no scan arrives."""
FETCH, UPDATE, PROVE = (f"tram-xanh-{name}.service" for name in ("fetch", "update", "prove"))
_LONG_ENOUGH_S = 10.0


@pytest.fixture(scope="module")
def here() -> Iterator[Evening]:
    """One station for all of them: each leaves it running a release that lends."""
    with TemporaryDirectory(prefix="tram-xanh-evening-", dir="/var/tmp") as folder, evening(Path(folder)) as gone:
        for what, seconds in gone.took.items():
            print(f"{seconds:6.1f} s  {what}")
        yield gone


@pytest.fixture(autouse=True)
def _it_lends_and_has_all_loans(here: Evening) -> Iterator[None]:
    yield
    here.lends()
    here.has_all_loans()


def test_a_bare_debian_is_a_station_that_has_lent(here: Evening) -> None:
    assert here.lent
    assert here.status()["running"]["centre"]["standing"] == "active"
    assert here.there.run("systemctl", "--failed", "--no-legend").stdout == ""


# ---- what its units do by themselves


def test_each_timer_is_there(here: Evening) -> None:
    listed = here.there.run("systemctl", "list-timers", "--no-pager").stdout
    for name in ("backup", "health", "prove", "update"):
        assert f"tram-xanh-{name}.timer" in listed


def test_a_trial_that_nobody_makes_is_not_ended(here: Evening) -> None:
    known = here.releases()
    status, said = here.run(PROVE)
    assert status == 0, said
    assert here.releases() == known


def test_health_says_what_is_missing_and_tells_the_centre_that_nothing_runs(here: Evening) -> None:
    status, said = here.run("tram-xanh-health.service")
    assert status == 0, said
    assert "Màn hình: " in said
    here.there.run("systemctl", "stop", "kiosk.service")
    status, said = here.run("tram-xanh-health.service")
    here.there.run("systemctl", "start", "kiosk.service")
    assert status == 0, said
    assert "Đã báo cho trung tâm." in said


def test_a_backup_is_on_the_stick(here: Evening) -> None:
    stick = ("mount", "-t", "tmpfs", "-o", "mode=1777,nosuid,nodev,noexec", "stick", "/media/tram-xanh")
    assert here.there.run(*stick).returncode == 0
    status, said = here.run("tram-xanh-backup.service")
    assert status == 0, said
    assert here.there.run("ls", "/media/tram-xanh/tram").stdout.strip()
    assert here.there.run("umount", "/media/tram-xanh").returncode == 0
    status, said = here.run("tram-xanh-backup.service")
    assert status != 0, "control: no stick, no backup"
    here.there.run("systemctl", "reset-failed")


def _asks_for_wifi(here: Evening) -> None:
    wish = json.dumps({"ssid": "Thư viện", "password": "mat khau 1"}, ensure_ascii=False)
    write = 'umask 077; printf %s "$1" >/run/tram-xanh/.wish; mv /run/tram-xanh/.wish /run/tram-xanh/wifi.json'
    assert here.there.run("runuser", "--user", "tram-xanh", "--", "sh", "-c", write, "sh", wish).returncode == 0


def test_network_manager_is_told_the_wireless_network_that_the_station_asks_for(here: Evening) -> None:
    """There is no radio here: it knows the network, and cannot join it."""
    request = Path("/proc", str(here.there.leader), "root/run/tram-xanh/wifi.json")
    _asks_for_wifi(here)
    here.there.until("the request is taken", lambda: not request.exists())
    is_over = ("systemctl", "show", "--value", "--property=SubState", "tram-xanh-wifi.path")
    here.there.until("it looks for the next one", lambda: here.there.run(*is_over).stdout == "waiting\n")
    known = here.there.run("nmcli", "--get-values=802-11-wireless.ssid", "connection", "show", "tram-xanh")
    assert known.stdout == "Thư viện\n", known.stderr

    here.there.run("systemctl", "stop", "NetworkManager.service")
    _asks_for_wifi(here)
    here.there.until(
        "it says why it cannot", lambda: "Không nối được mạng: NetworkManager." in here.said("tram-xanh-wifi.service")
    )
    assert request.exists(), "so the station knows"
    request.unlink()
    here.there.run("systemctl", "start", "NetworkManager.service")
    here.there.run("systemctl", "reset-failed")


# ---- updates from the centre


def test_a_newer_release_comes_from_the_centre_and_proves_itself(here: Evening) -> None:
    old, new = here.releases().current, here.publish()
    state = here.there.root / "var/lib/tram-xanh-chooser/releases.json"
    state.chmod(0o600)
    assert here.run(FETCH)[0] == 0, here.said(FETCH)  # what the account cannot read, the symlink tells
    state.chmod(0o644)
    here.there.run("systemctl", "restart", "kiosk.service")
    here.lends()

    status, said = here.run(UPDATE)
    assert status == 0, said + here.said(FETCH)
    known = here.releases()
    assert (known.current, known.previous, known.trial) == (new, old, None)
    assert here.status()["version"] == new
    status, said = here.run(UPDATE)
    assert status == 0, said
    assert here.releases().current == new


def test_power_that_goes_in_the_middle_costs_nothing(here: Evening) -> None:
    old, new = here.releases().current, here.publish()
    there, releases = here.there, here.there.root / "opt/tram-xanh/releases"

    here.begin(UPDATE)
    there.until("it is being built", lambda: any(releases.glob(".*.half/lib/python3*/site-packages/*")))
    here.lends()
    there.cut()
    there.boot()
    here.lends()
    assert (here.releases().current, here.releases().trial) == (old, None)

    here.begin(UPDATE)
    there.until("it is on trial", lambda: here.releases().trial is not None)
    there.cut()
    there.boot()
    here.lends()
    status, said = here.run(PROVE)  # as its timer does two minutes after the start
    assert status == 0, said
    known = here.releases()
    assert (known.current, known.previous, known.trial, known.refused) == (new, old, None, ())
    assert here.status()["version"] == new
    assert sorted(path.name for path in releases.iterdir()) == [old, new], "nothing half is left"


def test_a_release_that_cannot_start_is_taken_back_also_when_its_updater_is_killed(here: Evening) -> None:
    good, bad = here.releases().current, here.publish(CRASHES)
    status, said = here.run(UPDATE)
    assert status != 0
    assert "update: restarted" in said
    assert (here.releases().current, here.releases().refused) == (good, (bad,))
    here.lends()
    assert here.run(UPDATE)[0] == 0, "what was taken back is not fetched again"
    assert here.releases().current == good

    # From a stick, once more; and nobody but the chooser is left to see that it does not start.
    stick = here.there.root / "mnt/stick.bundle"
    shutil.copyfile(here.bundle_of(bad), stick)
    again = (PROGRAM, "-I", "-m", "provisioning", "update", "--bundle", "/mnt/stick.bundle", "--again")
    here.there.run("systemd-run", "--unit=by-hand", "--quiet", "--collect", *again, "--config", CONFIG)
    here.there.until("it is on trial", lambda: (trial := here.releases().trial) is not None and trial.starts > 0)
    here.there.run("systemctl", "kill", "--signal=KILL", "by-hand.service")
    here.there.until("the chooser takes it back", lambda: here.releases().current == good)
    here.lends()
    status, said = here.run(PROVE)
    assert status == 0, said
    assert (here.releases().current, here.releases().trial, here.releases().refused) == (good, None, (bad,))


def test_a_release_that_hears_nothing_is_taken_back_and_with_that_switched_off_it_stays(here: Evening) -> None:
    good, bad = here.releases().current, here.publish(DEAF)
    here.takes_back_within(UPDATE, 1_000_000)
    here.takes_back_within(PROVE, 1)  # two minutes, which nobody waits for here
    here.begin(UPDATE)
    here.there.until("it is on trial", lambda: here.status().get("version") == bad)
    here.there.until("it is at home", lambda: (here.status().get("running") or {}).get("screen") == "home")
    assert here.there.scan(next(here.there.cards), _LONG_ENOUGH_S) is None
    assert here.releases().current == bad

    here.there.run("systemctl", "kill", "--signal=KILL", UPDATE)
    status, _ = here.run(PROVE)
    assert status != 0
    assert here.releases().current == good
    assert bad in here.releases().refused
