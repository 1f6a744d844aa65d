"""The station's ledger and the centre's, row by row."""

from __future__ import annotations

from typing import Any

from demo.processes import DemoFailed

Ledger = dict[str, Any]
_OPEN = 3  # in what `_loan` gives


def differences(station: Ledger, centre: Ledger, device: str) -> list[str]:
    """What one side has and the other has not, or has otherwise. Both ledgers as their programs print them."""
    here = {_identity(row): _fact(row) for row in station["operations"]}
    there_rows = [row for row in centre["operations"] if row["device"] == device]
    there = {_identity(row): _fact(row) for row in there_rows}
    found = []
    if len(there) != len(there_rows):
        found.append(f"the centre has {len(there_rows) - len(there)} operations twice")
    found += [f"operation {name}: only here" for name in here.keys() - there.keys()]
    pruned = station.get("pruned", [])
    only_there = there.keys() - here.keys()
    if len(only_there) != sum(gap["last"] - gap["first"] + 1 for gap in pruned):
        found += [f"operation {name}: only at the centre" for name in only_there]
    found += [
        f"operation {_identity(gap)}: pruned here with another hash"
        for gap in pruned
        if there.get(_identity(gap), [None])[0] != gap["hash"]
    ]
    disputed_here = {_identity(row) for row in station["operations"] if row["state"] == "disputed"}
    disputed_there = {_identity(row) for row in there_rows if row["verdict"] == "disputed"}
    found += [f"operation {name}: disputed on one side only" for name in disputed_here ^ disputed_there]
    found += [
        f"operation {name}: here {here[name]}, there {there[name]}"
        for name in here.keys() & there.keys()
        if here[name] != there[name]
    ]
    # A voided loan never was: the station forgets it when the centre says so, and until then has it as ended.
    voided = {row["id"] for row in centre["loans"] if row.get("voided") and not row["open"]}
    ours = {row["id"]: _loan(row) for row in station["loans"] if row["open"] or row["id"] not in voided}
    theirs = {row["id"]: _loan(row) for row in centre["loans"] if row["id"] not in voided}
    if pruned:  # the ended loans of that time too
        theirs = {name: loan for name, loan in theirs.items() if name in ours or loan[_OPEN]}
    # Who had a book that is back is forgotten here after some weeks.
    for row in station["loans"]:
        if row["patron"] is None and not row["open"] and row["id"] in theirs:
            theirs[row["id"]] = (*theirs[row["id"]][:-1], None)
    found += [
        f"loan {name}: here {ours.get(name)}, there {theirs.get(name)}"
        for name in sorted(ours.keys() | theirs.keys())
        if ours.get(name) != theirs.get(name)
    ]
    return found


def must_agree(station: Ledger, centre: Ledger, device: str) -> None:
    found = differences(station, centre, device)
    if found:
        raise DemoFailed("station and centre differ:\n  " + "\n  ".join(found[:20]))


def _identity(row: dict[str, Any]) -> tuple[str, int]:
    return row["epoch"], row["seq"]


def _fact(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["hash"], row["kind"], row["barcode"], tuple(sorted(row["loans"]))


def _loan(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["item_barcode"], row["due_on"], row["renewals"], row["open"], row["patron"]
