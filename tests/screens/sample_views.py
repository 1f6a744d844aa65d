"""Views as a session would show them, in two languages and with the longest words that a page must bear."""

from __future__ import annotations

from kiosk.domain.operations import OperationId
from kiosk.i18n import Translator
from kiosk.session.inputs import Button
from screens.view_models.desk.keyboard import letter_rows, sign_rows
from screens.view_models.views import (
    AttentionView,
    Banner,
    BookRow,
    BorrowView,
    CameraView,
    ChipView,
    Countdown,
    DeskBar,
    DeskLine,
    FinishRow,
    FinishView,
    HomeView,
    IdleView,
    Key,
    KeyboardView,
    LoanRow,
    MyBooksView,
    RestingView,
    ReturnView,
    Tone,
)

BOOKS = (
    ("Dế Mèn phiêu lưu ký", "Tô Hoài"),
    ("Cho tôi xin một vé đi tuổi thơ", "Nguyễn Nhật Ánh"),
    ("Đất rừng phương Nam", "Đoàn Giỏi"),
    ("Những cuộc phiêu lưu kỳ lạ của Karik và Valia trong thế giới côn trùng, tập hai", "Yan Larri"),
    ("Totto-chan bên cửa sổ", "Kuroyanagi Tetsuko"),
    ("Chuyện con mèo dạy hải âu bay", "Luis Sepúlveda"),
    ("Ổ bánh mì ướt ẩm ỡm ờ", "Ỷ Ỗ Ẵ Ậ Ệ Ộ Ợ Ự Ỹ"),
    ("Kính vạn hoa, tập 3", "Nguyễn Nhật Ánh"),
)
EVENT = "BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\nSUMMARY:Trả sách: Ổ bánh mì\\, Đất rừng phương Nam\nEND:VEVENT"
COUNT = Countdown(ends_at=1_000.0, whole_s=30.0)


def operation(seq: int) -> OperationId:
    return OperationId("0" * 32, seq)


def book_row(seq: int, *, newest: bool = False, english: bool = False, taking_off: bool = False) -> BookRow:
    name, author = BOOKS[seq % len(BOOKS)]
    return BookRow(
        cover_letter=name[0],
        cover_colour=seq % 6,
        name=name,
        author=author,
        right="due Mon 07/12" if english else "trả T2, 07/12",
        right_small=("just borrowed" if english else "vừa mượn") if newest else "",
        icon="check-circle",
        tone=Tone.NEW if newest else Tone.PLAIN,
        take_off=operation(seq + 1) if taking_off else None,
        take_off_label=("Put it back" if english else "Bỏ cuốn này") if taking_off else "",
    )


def returned_row(seq: int, *, newest: bool = False, held: bool = False) -> BookRow:
    name, author = BOOKS[(seq + 4) % len(BOOKS)]
    return BookRow(
        cover_letter=name[0],
        cover_colour=seq % 6,
        name=name,
        author=author,
        right="Đã trả",
        right_small="",
        icon="bookmark-simple" if held else "check-circle",
        tone=Tone.ATTENTION if held else Tone.NEW if newest else Tone.PLAIN,
        hold_line="Có bạn đang đợi cuốn này" if held else "",
        put_on="Đặt lên kệ" if held else "",
        shelf="Giữ chỗ · ngăn 2" if held else "",
    )


def home(*, english: bool = False, offline: bool = False) -> HomeView:
    banner = Banner(
        "cloud-slash",
        "No network." if english else "Đang mất mạng.",
        "You can borrow and return as usual." if english else "Bạn vẫn mượn và trả sách bình thường.",
        "14 waiting to be sent" if english else "14 lượt chờ gửi",
    )
    shown = banner if offline else None
    if english:
        return HomeView(
            "Trạm Xanh", "Green library · Hoa Sen School", "Hello!", "Scan your card to begin", "Borrow",
            "Scan your card, then\neach book", "Return", "Just scan the books,\nno card needed",
            Key("My books", "books", Button.MY_BOOKS), Key("Need help?", "call-bell", Button.HELP),
            Key("Tiếng Việt", "translate", Button.LANGUAGE), Key("Aa", "", Button.LOOK), shown,
        )  # fmt: skip
    return HomeView(
        "Trạm Xanh", "Thư viện xanh · Trường THCS Hoa Sen", "Chào bạn!", "Quét thẻ để bắt đầu", "Mượn sách",
        "Quét thẻ, rồi quét\ntừng cuốn", "Trả sách", "Chỉ cần quét sách,\nkhông cần thẻ",
        Key("Sách của tôi", "books", Button.MY_BOOKS), Key("Cần giúp đỡ?", "call-bell", Button.HELP),
        Key("English", "translate", Button.LANGUAGE), Key("Aa", "", Button.LOOK), shown,
    )  # fmt: skip


def borrow(rows: int, *, english: bool = False, limit: int = 5, taking_off: bool = False) -> BorrowView:
    shown = tuple(
        book_row(rows - 1 - i, newest=i == 0 and not taking_off, english=english, taking_off=taking_off)
        for i in range(rows)
    )
    left = Key("Remove a book" if english else "Bỏ bớt sách", "minus-circle", Button.TAKE_OFF_MODE) if rows else None
    done = (
        (f"Done, take {rows} books" if english else f"Xong, mượn {rows} cuốn")
        if rows
        else "Done"
        if english
        else "Xong"
    )
    title = ("Scan the next book" if english else "Quét cuốn tiếp theo") if rows else "Quét cuốn đầu tiên"
    return BorrowView(
        "Hello Minh An!" if english else "Chào Minh An!",
        title,
        f"{rows} of {limit} books" if english else f"{rows} trong {limit} cuốn",
        limit,
        tuple(i % 6 for i in range(rows)),
        shown,
        "Scanned means borrowed" if english else "Quét xong là đã mượn",
        "Just take your books. This screen closes by itself." if english else "Cứ cầm sách đi, máy tự kết thúc.",
        left,
        Key(done, "check-fat", Button.DONE),
        COUNT,
    )


def give_back(rows: int, *, held: bool = True) -> ReturnView:
    shown = tuple(
        returned_row(rows - 1 - i, newest=i == 0 and not held, held=held and i in (0, 2)) for i in range(rows)
    )
    return ReturnView(
        f"Đã nhận {rows} cuốn",
        "Quét cuốn tiếp theo",
        shown,
        "Các cuốn khác: đặt lên xe trả sách.",
        "Không cần thẻ. Máy không hiện tên người mượn.",
        Key("Quét nhầm cuốn", "arrow-counter-clockwise", Button.UNDO_RETURN) if rows else None,
        Key("Xong", "check-fat", Button.DONE),
        COUNT,
    )


def loan_row(seq: int, *, english: bool = False) -> LoanRow:
    """One after another: late, waiting on the shelf, renewed, to be renewed, and refused at length."""
    name, author = BOOKS[seq % len(BOOKS)]
    late = ChipView("3 days late" if english else "Quá hạn 3 ngày", "clock-countdown", Tone.ATTENTION)
    here = ChipView("Holds · box 2" if english else "Giữ chỗ · ngăn 2", "bookmark-simple", Tone.ATTENTION)
    longer = ChipView("Mon 21/12" if english else "T2, 21/12", "check-circle", Tone.NEW)
    soon = ChipView("Wed 25/11 · in 2 days" if english else "T4, 25/11 · còn 2 ngày", "calendar-blank", Tone.PLAIN)
    why = "Renewed enough: bring it back on its day" if english else "Trả cuốn này trước, rồi mượn lại nhé"
    chip, note = ((late, why), (here, why), (longer, "Đã gia hạn"), (soon, ""), (soon, why))[seq % 5]
    which = None if note else f"TK.{seq}"
    key = "" if note else ("Renew" if english else "Gia hạn")
    return LoanRow(name[0], seq % 6, name, author, chip, chip.tone, note, "còn 1 lần gia hạn", which, key)


def my_books(rows: int, *, english: bool = False) -> MyBooksView:
    return MyBooksView(
        "Minh An’s books" if english else "Sách của Minh An",
        ChipView(f"{rows} books" if english else f"{rows} cuốn", "books", Tone.PLAIN) if rows else None,
        ChipView("1 held book is here" if english else "1 cuốn đặt trước đã về", "bookmark-simple", Tone.ATTENTION),
        tuple(loan_row(seq, english=english) for seq in range(rows)),
        "" if rows else "Bạn chưa mượn cuốn nào",
        "" if rows else "Muốn mượn, bạn quét sách nhé.",
        Key("Renew all" if english else "Gia hạn tất cả", "calendar-plus", Button.RENEW_ALL),
        Key("Done" if english else "Xong", "check-fat", Button.DONE),
        COUNT,
    )


def finish(rows: int, *, english: bool = False, days: bool = False, more: str = "", code: bool = True) -> FinishView:
    aside = ("Mon 07/12" if english else "T2, 07/12") if days else ""
    return FinishView(
        "All done, enjoy your books!" if english else "Xong rồi, đọc vui nhé!",
        "Return the first book by" if english else "Cuốn đầu tiên trả trước hết ngày",
        "Wednesday 23/12" if english else "Thứ Tư, 23/12",
        tuple(FinishRow(BOOKS[i % 8][0][0], i % 6, BOOKS[i % 8][0], aside) for i in range(rows)),
        more,
        EVENT if code else "",
        ("Scan with a phone to keep the day" if english else "Quét bằng điện thoại để giữ ngày trả") if code else "",
        ("The code holds only titles and days" if english else "Mã chỉ có tên sách và ngày trả") if code else "",
        Key("Back to the start" if english else "Về trang đầu", "house-simple", Button.DONE),
        COUNT,
    )


def limit_reached() -> AttentionView:
    return AttentionView(
        "limit", "Chưa mượn thêm được", "hand-palm", "Bạn đã mượn đủ 5 cuốn",
        ("“Kính vạn hoa, tập 3” để lần sau nhé.",
         "Trả bớt một cuốn là mượn được ngay. Nếu không, đặt sách lên xe bên cạnh."),
        "5 cuốn bạn đã mượn vẫn được ghi", "Mã cho thủ thư: M-12 · PM.002774",
        Key("Gọi thủ thư", "call-bell", Button.HELP), Key("Xong, mượn 5 cuốn", "check-fat", Button.DONE),
    )  # fmt: skip


def wrong_barcode() -> AttentionView:
    return AttentionView(
        "which-barcode", "Chưa đúng mã vạch", "barcode", "Quét nhãn của thư viện nhé",
        ("Bạn vừa quét mã in sẵn ở bìa sau. Mã này là của nhà xuất bản.",
         "**Tìm nhãn trắng có chữ và số, như PM.002774, rồi quét lại.**"),
        "Cuốn đã quét trước vẫn được ghi", "Mã cho thủ thư: B-07 · 978 604 2 13462 1",
        Key("Gọi thủ thư", "call-bell", Button.HELP), Key("Quét lại", "barcode", Button.DISMISS),
    )  # fmt: skip


def many_reasons() -> AttentionView:
    """Four reasons at once, a title as long as titles are, and nothing kept."""
    return AttentionView(
        "limit", "Chưa mượn được cuốn này", "hand-palm",
        "“Những cuộc phiêu lưu kỳ lạ của Karik và Valia trong thế giới côn trùng” chưa mượn được",
        ("Bạn đang giữ 2 cuốn quá hạn: trả các cuốn đó trước nhé.",
         "Bạn đã mượn đủ 5 cuốn. Trả bớt một cuốn là mượn được ngay.",
         "Cuốn này có bạn khác đặt trước, đang đợi ở kệ giữ chỗ.",
         "Năm học sắp kết thúc, không còn ngày nào để trả sách.",
         "**Đưa sách và thẻ cho thủ thư, hoặc đặt sách lên xe bên cạnh.**"),
        "", "Mã cho thủ thư: M-11, M-12, S-24, Q-32 · PM.002774", None,
        Key("Mình hiểu rồi, quét cuốn khác", "check-fat", Button.DISMISS),
    )  # fmt: skip


def question() -> AttentionView:
    return AttentionView(
        "scan-card", "Cần bạn chọn", "question", "This code is both a library card and a book label",
        ("Which one did you mean to scan just now?",), "", "For staff: B-10 · 00123456",
        Key("It is a book from the shelf", "book", Button.IT_IS_A_BOOK),
        Key("It is my library card, please", "identification-card", Button.IT_IS_A_CARD),
    )  # fmt: skip


def resting() -> RestingView:
    return RestingView(
        "Trạm Xanh", "Thư viện xanh · Trường THCS Hoa Sen", "Trạm đang nghỉ một lát",
        "Nhờ thủ thư mượn và trả sách giúp bạn nhé. Sách cần trả, đặt lên xe trả sách.",
        "Máy đang tự sửa, và sẽ tự mở lại.", "Mã cho thủ thư: K-03 · kho dữ liệu · từ 09:31", COUNT,
    )  # fmt: skip


def camera() -> CameraView:
    return CameraView(
        "Đưa mã vạch vào trong khung", "Giữ yên, cách một gang tay", "scan",
        Key("Quay lại", "arrow-left", Button.DISMISS),
    )  # fmt: skip


def finding(found: int, more: str = "") -> KeyboardView:
    """A keyboard with what was found meanwhile."""
    words = Translator("vi")
    bar = DeskBar(
        "Tra bạn đọc", "cô Lan · Thư viện xanh · Trường THCS Hoa Sen", "tự khoá sau",
        Key("Khoá lại", "lock-simple", Button.LOCK), Countdown(1_000.0, 120.0),
        Key("Quay lại", "arrow-left", Button.DISMISS),
    )  # fmt: skip
    names = ("Minh An", "Nguyễn Quốc Bảo", "Phương Uyên", "Gia Hân")
    lines = tuple(DeskLine(f"p-{n}", "student", name, f"{n + 6}A2") for n, name in enumerate(names[:found]))
    return KeyboardView(
        bar, "Tra bạn đọc", "Tên hoặc lớp; hoặc quét thẻ", "Chưa thấy ai" if not found else "", "ng",
        letter_rows("Tìm", words), lines, more, finds=True, signs=sign_rows("Tìm", words),
    )  # fmt: skip


def idle() -> IdleView:
    return IdleView(
        "Bạn còn ở đây không?", "Máy sẽ tự kết thúc để bạn sau mượn sách.", "3 cuốn đã mượn vẫn được ghi",
        Key("Kết thúc", "sign-out", Button.DONE), Key("Tôi vẫn ở đây", "hand-waving", Button.STILL_HERE),
        Countdown(ends_at=1_000.0, whole_s=15.0),
    )  # fmt: skip
