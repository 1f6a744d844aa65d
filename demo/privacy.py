"""What must not be written anywhere it could be read: who reads what."""

from __future__ import annotations

import csv
from pathlib import Path

from demo.processes import DemoFailed
from demo.school import SAMPLES


def must_keep_secrets(out: Path, citizen_card: str, ledger: str) -> None:
    """No log line names a reader, a card or a title; of a citizen card nothing is left in any log, nor at the centre,
    nor in the station's `ledger` (its store is encrypted, so that its files would tell nothing)."""
    logs = {log.name: log.read_text(encoding="utf-8", errors="replace") for log in out.glob("*.log")}
    secrets = set(citizen_card.split("|")[:4])
    with (SAMPLES / "patrons.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            secrets |= {row["Số thẻ"], row["Họ và tên"], " ".join(row["Họ và tên"].split()[-2:])}
    with (SAMPLES / "titles.csv").open(encoding="utf-8", newline="") as file:
        secrets |= {row["Nhan đề"] for row in csv.DictReader(file) if len(row["Nhan đề"]) > 8}
    for name, text in logs.items():
        found = sum(secret in text for secret in secrets)
        if found:
            raise DemoFailed(f"{name} holds {found} names, card numbers or titles")
    if any(part in ledger for part in citizen_card.split("|") if len(part) > 5):
        raise DemoFailed("the station's ledger holds something of a citizen card")
    number = citizen_card.split("|")[0].encode()
    for path in out.rglob("*"):
        if path.is_file() and number in path.read_bytes():
            raise DemoFailed(f"{path.relative_to(out)} holds the number of a citizen card")
