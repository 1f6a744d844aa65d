"""`python -m central_server`: what it prints and its exit status."""

import json
import socket
from pathlib import Path

import pytest

from central_server.address import CannotListen, listen
from central_server.cannot import CannotDo
from central_server.database import Store, open_store
from central_server.imports.run import import_file
from central_server.ledger import as_text, read_ledger
from tests.central_server.support import ROOT, Station, loan_of, option_of, run, take

SAMPLES = ROOT / "samples"


def import_arguments(folder: Path, kind: str, file: Path, *more: str) -> tuple[str | Path, ...]:
    return ("import", "--data", folder / "data", "--library", "hoa-sen", "--kind", kind, file, *more)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "example.org"])
def test_listens_nowhere_when_the_host_is_not_loopback(host: str) -> None:
    with pytest.raises(CannotListen, match="--certificate"):
        listen(host, 0, secure=False)


def test_listens_nowhere_when_the_port_is_taken() -> None:
    with listen("127.0.0.1", 0, secure=False) as taken, pytest.raises(CannotListen, match="is taken"):
        listen("127.0.0.1", taken.getsockname()[1], secure=False)


@pytest.mark.slow
@pytest.mark.parametrize("host", ["0.0.0.0", "::", "example.org"])
def test_refuses_to_serve_when_the_host_is_not_loopback(tmp_path: Path, host: str) -> None:
    done = run("serve", "--data", tmp_path / "data", "--host", host)
    assert (done.returncode, done.stdout) == (2, "")
    assert "give --certificate FILE and --key FILE" in done.stderr
    assert not (tmp_path / "data").exists()


@pytest.mark.slow
def test_says_so_when_the_port_is_taken(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = run("serve", "--data", tmp_path, "--port", str(taken.getsockname()[1]))
    assert (done.returncode, done.stdout) == (2, "")
    assert "is taken" in done.stderr


@pytest.mark.slow
def test_reports_line_by_line_when_a_file_is_imported(tmp_path: Path) -> None:
    path = tmp_path / "dau-sach.csv"
    path.write_text("Mã đầu sách,Nhan đề\nD1,Một\nD2,\nD3,Ba\n")
    done = run(*import_arguments(tmp_path, "titles", path, "--library-name", "Hoa Sen"))
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.splitlines()[-3:] == [
        "dau-sach.csv: dòng 3: Ô “Nhan đề” trống; bỏ qua dòng này.",
        "mới: 2 (dòng 2, 4)",
        "bỏ qua: 1 (dòng 3)",
    ]
    done = run(*import_arguments(tmp_path, "titles", path, "--json", "--language", "en"))
    report = json.loads(done.stdout)
    assert report["counts"] == {"taken": 0, "changed": 0, "unchanged": 2, "skipped": 1}
    assert report["lines"][1] == {"line": 3, "outcome": "skipped"}
    sentence = "The cell “Nhan đề” is empty; the line is skipped."
    assert report["problems"] == [{"line": 3, "code": "missing_value", "sentence": sentence}]


@pytest.mark.parametrize(
    ("library", "file", "code"),
    [
        ("hoa-sen", "none.csv", "cannot_read"),
        ("hoa-sen", "good.csv", "no_library"),
        ("Hoa Sen", "good.csv", "bad_library"),
    ],
)
def test_imports_nothing_when_the_file_or_the_library_is_not_there(
    store: Store, tmp_path: Path, library: str, file: str, code: str
) -> None:
    (tmp_path / "good.csv").write_text("code,title\nD1,x\n")
    report = import_file(store, library, None, "titles", tmp_path / file)
    assert (report.exit_code, [one.code for one in report.findings]) == (2, [code])


def test_imports_the_samples_when_no_line_may_be_skipped(store: Store) -> None:
    for round_ in ("taken", "unchanged"):
        for name in ("circulation.toml", "calendar.toml", "titles.csv", "items.csv", "patrons.csv"):
            report = import_file(store, "hoa-sen", "THCS Hoa Sen", Path(name).stem, SAMPLES / name)
            assert report.exit_code == 0, report.as_text()
            assert {one.value for one in report.outcomes.values()} == {round_}
            assert [one.code for one in report.findings if one.code != "library_made"] == []


def test_tells_what_the_centre_holds_when_asked_for_the_ledger(store: Store, known: dict[str, dict[str, str]]) -> None:
    patron = known["patron"]["HS1"]
    station = Station()
    out = station.check_out("TK.1", patron)
    take(store, out, station.check_in("TK.9"))
    ledger = read_ledger(store, "hoa-sen")
    first = {"device": "tram-1", "epoch": station.epoch, "seq": 1, "hash": out["hash"], "kind": "check_out"}
    assert ledger["operations"][0] == first | {
        "verdict": "accepted",
        "reason": None,
        "barcode": "TK.1",
        "loans": [loan_of(out)],
    }
    assert [(one["verdict"], one["reason"]) for one in ledger["operations"][1:]] == [("disputed", "unknown_item")]
    assert ledger["loans"] == [
        {
            "id": loan_of(out),
            "item_barcode": "TK.1",
            "patron": patron,
            "due_on": "2026-12-01",
            "renewals": 0,
            "open": True,
            "voided": False,
        }
    ]
    assert ledger["disputes"] == 1
    assert "2 operations, 1 loans, 1 disputes" in as_text(ledger)


@pytest.mark.slow
def test_dumps_the_ledger_when_asked_for_it(store: Store, known: dict[str, dict[str, str]]) -> None:
    take(store, Station().check_out("TK.1", known["patron"]["HS1"]))
    ledger = read_ledger(store, "hoa-sen")
    where = (*option_of(store.where), "--library", "hoa-sen")
    done = run("ledger", *where, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == ledger
    assert run("ledger", *where).stdout == as_text(ledger) + "\n"


def test_finds_no_ledger_when_the_library_is_unknown(store: Store) -> None:
    with pytest.raises(CannotDo, match="no library 'hoa-sen'"):
        read_ledger(store, "hoa-sen")


@pytest.mark.slow
def test_says_so_when_there_is_nothing_to_dump(tmp_path: Path) -> None:
    done = run("ledger", "--data", tmp_path, "--library", "hoa-sen")
    assert (done.returncode, done.stdout) == (2, "")
    assert "no database" in done.stderr
    assert f"central_server import --data {tmp_path} --library" in done.stderr  # what to do next
    open_store(tmp_path).close()
    done = run("ledger", "--data", tmp_path, "--library", "hoa-sen")
    assert (done.returncode, done.stdout) == (2, "")
    assert "no library 'hoa-sen'" in done.stderr


@pytest.mark.slow
def test_keeps_what_it_makes_to_itself_when_others_use_the_machine(tmp_path: Path) -> None:
    path = tmp_path / "titles.csv"
    path.write_text("code,title\nD1,x\n")
    run(*import_arguments(tmp_path, "titles", path, "--library-name", "Hoa Sen"))
    assert (tmp_path / "data").stat().st_mode & 0o077 == 0
    assert (tmp_path / "data" / "central.sqlite").stat().st_mode & 0o077 == 0
