"""A centre that knows the cards and the books of benchmarks.rig, and lends each reader as many as they carry."""

from __future__ import annotations

from pathlib import Path

from benchmarks import rig
from demo.processes import run_or_fail
from demo.school import LIBRARY

_CIRCULATION = """
version = "2026-09-01"
[limits.hs]
total = 1000
overdue_blocks_after_days = 30
[[policy]]
patron_category = "hs"
item_type = "STK"
days = 14
limit = 1000
renewals = 1
in_house_only = false
"""


def stock(server_data: Path, items: int, patrons: int) -> None:
    """Into the database in `server_data`, by the server's own import."""
    server_data.mkdir(parents=True, exist_ok=True)
    people = (f"{rig.card(n)},Nguyễn Thị Số {n},6A,hs\n" for n in range(patrons))
    books = (f"{rig.barcode(n)},DM\n" for n in range(items))
    for kind, name, text in (
        ("circulation", "circulation.toml", _CIRCULATION),
        ("titles", "titles.csv", "Mã đầu sách,Nhan đề,Tác giả,Loại\nDM,Dế Mèn phiêu lưu ký,Tô Hoài,STK\n"),
        ("items", "items.csv", "Số ĐKCB,Mã đầu sách\n" + "".join(books)),
        ("patrons", "patrons.csv", "Số thẻ,Họ và tên,Lớp,Loại bạn đọc\n" + "".join(people)),
    ):
        (server_data / name).write_text(text, encoding="utf-8")
        where = ["--data", str(server_data), "--library", LIBRARY, "--library-name", "Hoa Sen"]
        run_or_fail("central_server", "import", *where, "--kind", kind, str(server_data / name))
