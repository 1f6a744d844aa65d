"""The plain page for people: the last operations of each library. No reader's name or card is on it."""

from typing import Any

import sqlalchemy as sa
from jinja2 import Environment, PackageLoader, select_autoescape

from central_server import clock, disputes, health
from central_server.database import Store, reading
from central_server.devices import State
from central_server.tables.library import item, library, patron, title
from central_server.tables.operations import loan, operation

_SHOWN = 50

KINDS: dict[str | None, str] = {
    "check_out": "Mượn",
    "check_in": "Trả",
    "renew": "Gia hạn",
    "void": "Lấy lại",
    "in_house_use": "Đọc tại chỗ",
    "visit": "Lượt bạn đọc",
    "date_boot": "Xác định lại ngày giờ",
    "checked": "Đã xem lại",
    "hold_shelved": "Để sách chờ lên kệ",
    "help_call": "Gọi thủ thư",
    "pin_set": "Đặt hoặc mở khoá mã PIN",
    "desk": "Mở, khoá bàn thủ thư",
    "place_hold": "Xin đặt trước",
    "cancel_hold": "Xin bỏ đặt trước",
    "card_link": "Xin gắn thẻ",
    "card_block": "Khoá thẻ",
    "patron_block": "Dừng hoặc mở lại việc cho mượn",
    "patron_note": "Ghi chú về bạn đọc",
    "item_status": "Báo tình trạng sách",
    "item_source": "Ghi nguồn sách",
    "settings": "Xin đổi cài đặt",
    "settlement": "Xin ghi cách giải quyết",
    "suggestion": "Góp ý",
    "fault_report": "Báo trục trặc",
    None: "Không đọc được",
}
_VERDICTS = {"accepted": "Đã ghi", "disputed": "Cần thủ thư xem"}
REASONS = {
    "unreadable": "nội dung không đọc được",
    "identity_conflict": "trùng số hiệu nhưng khác nội dung",
    "broken_chain": "không nối tiếp giao dịch trước",
    "gap": "thiếu giao dịch trước đó",
    "clone": "hai máy cùng nối tiếp một giao dịch (thẻ nhớ bị sao chép?)",
    "lost_tail": "máy đã mất những giao dịch cuối",
    "new_store": "máy bắt đầu lại từ đầu (thay thẻ nhớ, hay hai máy trùng tên?)",
    "false_reader": "bạn đọc không khớp với giao dịch",
    "unknown_item": "mã vạch không có trong danh mục",
    "unknown_patron": "bạn đọc không có trong danh sách",
    "already_on_loan": "sách đang do bạn khác mượn",
    "unknown_loan": "gia hạn một lượt mượn chưa biết",
    "unclear_order": "không rõ trả trước hay sau lượt mượn",
    "settled_otherwise": "khác với điều thủ thư đã quyết định",
}

_STATES = {
    State.PENDING: "đợi xác nhận",
    State.ACTIVE: "hoạt động",
    State.REVOKED: "đã ngừng",
    State.REPLACED: "đã thay",
}

_environment = Environment(loader=PackageLoader("central_server"), autoescape=select_autoescape(), trim_blocks=True)


def overview(store: Store) -> str:
    """The page as HTML."""
    with reading(store) as connection:
        rows = connection.execute(sa.select(library.c.library_id, library.c.name).order_by(library.c.library_id)).all()
        libraries = [_library(connection, row.library_id, row.name) for row in rows]
    return _environment.get_template("overview.html").render(libraries=libraries, shown=_SHOWN)


def _library(connection: sa.Connection, identity: str, name: str) -> dict[str, Any]:
    last = (
        sa.select(operation)
        .where(operation.c.library_id == identity)
        .order_by(operation.c.position.desc())
        .limit(_SHOWN)
    )
    operations = [_line(row) for row in connection.execute(last)]
    on_loan = sa.select(sa.func.count()).where(loan.c.library_id == identity, loan.c.open)
    newest = sa.select(sa.func.max(operation.c.position)).where(operation.c.library_id == identity)
    return {
        "id": identity,
        "name": name,
        "operations": operations,
        "stations": [_station(one) for one in health.known(connection, identity)],
        "counts": [
            ("đầu sách", _count(connection, title, identity)),
            ("bản sách", _count(connection, item, identity)),
            ("bạn đọc", _count(connection, patron, identity)),
            ("đang mượn", connection.scalar(on_loan) or 0),
            ("giao dịch", connection.scalar(newest) or 0),
            ("cần thủ thư xem", disputes.count_open(connection, identity)),
        ],
    }


def _station(one: health.Known) -> dict[str, Any]:
    report, parts = one.report, one.report.parts if one.report else {}
    return {
        "device": one.device.name,
        "state": _STATES[one.device.state],
        "seen": clock.shown_time(one.device.seen_ms) if one.device.seen_ms is not None else "",
        "version": report.version if report else "",
        "pending": report.pending if report and report.pending is not None else "",
        "look": ", ".join(name for name, state in parts.items() if state in ("look", "bad")),
        "resting": bool(report and (report.staff_code or not report.running)),
    }


def _count(connection: sa.Connection, table: sa.Table, identity: str) -> int:
    statement = sa.select(sa.func.count()).select_from(table).where(table.c.library_id == identity)
    return connection.scalar(statement) or 0


def _line(row: Any) -> dict[str, Any]:
    return {
        "time": clock.shown_time(row.received_ms if row.happened_ms is None else row.happened_ms),
        # An untrusted clock at the station: only when it came is known.
        "received": row.happened_ms is None,
        "device": row.device,
        "kind": KINDS.get(row.kind, row.kind),
        "barcode": row.barcode or "",
        "verdict": _VERDICTS[row.verdict],
        "disputed": row.verdict == "disputed",
        "reason": REASONS.get(row.reason, "") if row.reason else "",
    }
