"""With a pinned authority a wrong clock is no matter, at a terminal as on the screen (decision 31)."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from devices.host.clock import HostClock
from tests.central_link.certificates import Authority
from tests.central_link.picky_centre import Picky
from tests.central_link.stand_in import stand_in
from tests.provisioning.test_enrol import TOKEN, Machine


@pytest.mark.parametrize("is_known", [False, True])
def test_looks_at_dates_only_when_the_time_is_known(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, is_known: bool
) -> None:
    defaults = HostClock.__init__.__kwdefaults__
    monkeypatch.setitem(defaults, "kernel_is_synchronised", lambda: is_known)
    monkeypatch.setitem(defaults, "synchronized_file", tmp_path / "nothing")
    school = Authority(tmp_path, "school")
    picky = Picky()
    picky.expect(TOKEN)
    with stand_in(picky.answer, school.server(ends=datetime.datetime(2021, 1, 1))) as there:
        machine = Machine(tmp_path, there.url, capsys)
        machine.write(there.url, f'ca_file = "{school.file}"\n')
        status, _, _ = machine.enrol("--no-wait")
    assert status == (1 if is_known else 0)
