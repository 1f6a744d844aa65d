"""A school of any size as the centre imports it; card numbers and barcodes are those of benchmarks.rig."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks import rig
from demo.processes import Server, run_or_fail
from demo.school import LIBRARY, SAMPLES

COPIES = 3
FREE_LENDING = 'version = "1"\n' + "".join(
    f"""
[limits.{category}]
total = 1000
overdue_blocks_after_days = 30
[[policy]]
patron_category = "{category}"
item_type = "STK"
days = 14
limit = 1000
renewals = 1
in_house_only = false
"""
    for category in ("hs", "gv")
)
"""As in the rig's own stores: no pupil is refused for having too much."""


def fill(data: Path, readers: int, books: int, circulation: str = "", *, kinds: str = "STK") -> None:
    """Into the database in `data`, by the server's own import; without `circulation` the sample school's rules.
    `kinds`: the item types of the titles, in turn, parted by blanks."""
    data.mkdir(parents=True, exist_ok=True)
    for kind, text in _tables(readers, books, circulation, kinds.split()):
        file = data / f"{kind}.{'toml' if kind in ('circulation', 'calendar') else 'csv'}"
        file.write_text(text, encoding="utf-8")
        words = ["--data", str(data), "--library", LIBRARY, "--library-name", "x", "--kind", kind, str(file)]
        run_or_fail("central_server", "import", *words)


@contextmanager
def serving(folder: Path, readers: int, books: int, circulation: str = "", *, kinds: str = "STK") -> Iterator[Server]:
    """The real server process with such a school."""
    data = folder / "centre"
    fill(data, readers, books, circulation, kinds=kinds)
    server = Server(data)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def _tables(readers: int, books: int, circulation: str, kinds: list[str]) -> Iterator[tuple[str, str]]:
    yield "circulation", circulation or (SAMPLES / "circulation.toml").read_text(encoding="utf-8")
    yield "calendar", (SAMPLES / "calendar.toml").read_text(encoding="utf-8")
    titles = (f"M{n},Nhan đề {n},{kinds[n % len(kinds)]}\n" for n in range(-(-books // COPIES)))
    yield "titles", "".join(["Mã đầu sách,Nhan đề,Loại\n", *titles])
    copies = (f"{rig.barcode(n)},M{n // COPIES},tốt\n" for n in range(books))
    yield "items", "".join(["Số ĐKCB,Mã đầu sách,Tình trạng\n", *copies])
    people = (f"{rig.card(n)},Nguyễn Văn {n},7A1,{'gv' if n % 20 == 19 else 'hs'},31/05/2035\n" for n in range(readers))
    yield "patrons", "".join(["Số thẻ,Họ và tên,Lớp,Loại bạn đọc,Hạn thẻ\n", *people])
