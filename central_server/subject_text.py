"""What is held of a reader, as a text that they can read, in their language."""

from typing import Any

from central_server import clock

_WORDS = {
    "vi": {
        "head": "Dữ liệu về bạn ở {library_name}, lấy ngày {made}",
        "patron": "Bạn đọc",
        "told_to_stations": "Điều các trạm được biết về bạn",
        "patron_card": "Thẻ khác của bạn",
        "staff": "Việc của bạn ở quầy thư viện",
        "loan": "Lượt mượn",
        "hold": "Đặt giữ sách",
        "request": "Yêu cầu của bạn",
        "operation_reader": "Các trạm đã ghi về bạn",
        "conflict": "Bản ghi khác của cùng một việc",
        "reader_pin": "Mã PIN ở trang thư viện (chính mã này không lưu ở dạng đọc được)",
        "visit": "Lượt đăng nhập đang mở",
        "late_return": "Lượt trả muộn",
        "rolled_reader": "Kết thúc năm học: lớp trước và lớp sau",
        "subject_request": "Yêu cầu của bạn về dữ liệu",
        "deed": "Việc nhân viên đã làm liên quan đến bạn",
        "none": "không có",
        "yes": "có",
        "no": "không",
    },
    "en": {
        "head": "What {library_name} holds about you, made on {made}",
        "patron": "Reader",
        "told_to_stations": "What the stations are told of you",
        "patron_card": "Other cards of yours",
        "staff": "Your work at the library's desk",
        "loan": "Loans",
        "hold": "Holds",
        "request": "What you asked for",
        "operation_reader": "What stations recorded about you",
        "conflict": "Other versions of the same record",
        "reader_pin": "PIN on the library's page (the PIN itself is not kept so that it could be read)",
        "visit": "Where you are signed in now",
        "late_return": "What came back late",
        "rolled_reader": "The turn of the school year: the class before and after",
        "subject_request": "What you asked about your data",
        "deed": "What staff did that concerns you",
        "none": "none",
        "yes": "yes",
        "no": "no",
    },
}
_LABELS = {
    "vi": {
        "id": "mã trong hệ thống",
        "card": "số thẻ",
        "number": "số",
        "name": "họ và tên",
        "class_name": "lớp",
        "category": "loại bạn đọc",
        "valid_until": "thẻ có hạn đến",
        "blocked": "bị khoá",
        "card_lost": "đã báo mất thẻ",
        "suspended_until": "tạm ngừng mượn đến",
        "note": "ghi chú",
        "role": "vai trò",
        "added_ms": "từ lúc",
        "barcode": "số ĐKCB",
        "title": "nhan đề",
        "lent_on": "ngày mượn",
        "due_on": "hạn",
        "renewals": "số lần gia hạn",
        "open": "đang mượn",
        "kind": "loại",
        "asked_ms": "lúc hỏi",
        "asked_on": "ngày hỏi",
        "done_on": "ngày xong",
        "state": "kết quả",
        "why": "lý do",
        "decided_ms": "lúc quyết định",
        "placed_ms": "lúc đặt",
        "happened_ms": "lúc xảy ra",
        "received_ms": "lúc nhận",
        "private": "lời bạn viết",
        "device": "trạm",
        "must_change": "phải đổi mã",
        "made_ms": "bắt đầu",
        "seen_ms": "lần cuối",
        "at_ms": "lúc",
        "act": "việc",
    },
    "en": {},
}
# For machines: whoever wants them finds them in the JSON.
_HIDDEN = frozenset({"body", "position", "hash", "body_hash", "epoch", "seq", "boot", "boottime_ms", "data"})


def as_text(held: dict[str, Any], language: str) -> str:
    """`held` as `subjects.export` answers it; `language`: vi or en."""
    words, labels = _WORDS[language], _LABELS[language]

    def shown(name: str, value: Any) -> str:
        if isinstance(value, bool):
            return words["yes" if value else "no"]
        if isinstance(value, dict):
            return ", ".join(shown(key, one) for key, one in value.items() if key != "id")
        if isinstance(value, list):
            return ", ".join(shown(name, one) for one in value)
        return clock.shown_time(value) if name.endswith("_ms") and isinstance(value, int) and value else str(value)

    def line(row: dict[str, Any]) -> str:
        told = [
            f"{labels.get(name, name.replace('_', ' '))}: {shown(name, value)}"
            for name, value in row.items()
            if value not in (None, "", [], {}) and name not in _HIDDEN
        ]
        return "- " + "; ".join(told)

    lines = [words["head"].format(**held), ""]
    for name, value in held.items():
        if name in ("library", "library_name", "made"):
            continue
        rows = [value] if isinstance(value, dict) else value or []
        lines += [words[name], *([line(row) for row in rows] or [f"- {words['none']}"]), ""]
    return "\n".join(lines).rstrip() + "\n"
