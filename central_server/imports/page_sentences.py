"""What an import says otherwise on a page: there the librarian has a form, whose fields are named, and no command."""

from central_server.imports.sentences import Language, sentence

# By the code, or by the code and the column that is meant. The fields are called as on catalogue/import.html.
_SENTENCES: dict[str, tuple[str, str]] = {
    "not_utf8": (
        "Tệp không phải UTF-8: byte thứ {byte} (cột {column} của dòng) không đọc được, "
        "và không chắc là bảng mã nào. Hãy lưu lại tệp dạng “CSV UTF-8” rồi nhập lại, "
        "hoặc chọn đúng bảng mã ở ô “Bảng mã”; chưa nhập gì cả.",
        "The file is not UTF-8: byte {byte} (byte {column} of its line) cannot be read, "
        "and what else it is, is not sure. Save it as “CSV UTF-8” and import again, "
        "or choose what it is under “Alphabet”; nothing was imported.",
    ),
    "hidden_sheet": (
        "Trang này đang ẩn: bỏ qua. Nếu cần, hãy ghi tên trang vào ô “Chỉ trang này”.",
        "This sheet is hidden: it is left out. To import it, write its name under “Only this sheet”.",
    ),
    "no_such_column": (
        "Không có cột “{column}”; hãy xem lại ô “Một loại cho tất cả”.",
        "There is no column “{column}”; look at “One type for all” again.",
    ),
    "national_cards": (
        "Cột “{column}” dùng làm số thẻ nhưng chứa số định danh cá nhân ({count} ô). "
        "Số này của riêng mỗi người, thư viện không nên giữ: hãy dùng số thẻ hoặc mã học sinh. Chưa nhập gì cả.",
        "The column “{column}” is to be the card number, and holds national numbers ({count} cells). "
        "A library should not keep them: use card or pupil numbers. Nothing was imported.",
    ),
    "missing_column": (
        "Thiếu cột “{column}”. Hãy thêm cột này vào tệp.",
        "The column “{column}” is missing. Add it to the file.",
    ),
    "missing_column Loại bạn đọc": (
        "Thiếu cột “{column}”. Nếu mọi dòng đều như nhau, hãy điền vào ô “Một loại cho tất cả”.",
        "The column “{column}” is missing. If it is the same in every line, fill in “One type for all”.",
    ),
    "zeros_lost": (
        "Ô “{column}” là số {value}, còn mã khác trong cột dài {width} chữ số: "
        "có thể đã mất số 0 ở đầu; bỏ qua dòng này. Hãy định dạng cột là Văn bản (Text) rồi gõ lại đủ số 0. "
        "Nếu {value} là đúng, hãy đánh dấu ô “Mã là số thì vốn không có số 0 ở đầu”.",
        "The cell “{column}” is the number {value}, other codes of the column have {width} digits: "
        "zeros in front may be lost; the line is skipped. Format the column as text and type the zeros again. "
        "If {value} is right, tick “Codes that are numbers never had zeros in front”.",
    ),
    "zeros_known": (
        "Ô “{column}” là số {value}, còn thư viện đã có “{known}”: có thể đã mất số 0 ở đầu; bỏ qua dòng này. "
        "Hãy định dạng cột là Văn bản (Text) rồi gõ lại đủ số 0. "
        "Nếu {value} là đúng, hãy đánh dấu ô “Mã là số thì vốn không có số 0 ở đầu”.",
        "The cell “{column}” is the number {value}, and “{known}” is known: zeros in front may be lost; the line is "
        "skipped. Format the column as text and type the zeros again. "
        "If {value} is right, tick “Codes that are numbers never had zeros in front”.",
    ),
    "marc_letters": (
        "Không biết biểu ghi viết bằng bảng mã nào; bỏ qua. Nếu biết, hãy chọn ở ô “Bảng mã”.",
        "In which alphabet the record is, is not known; it is skipped. If you know, choose it under “Alphabet”.",
    ),
}


def sentence_on_page(code: str, language: Language, **values: object) -> str:
    """The sentence of `code` with `values` put in, for who sees the form."""
    said = _SENTENCES.get(f"{code} {values.get('column')}") or _SENTENCES.get(code)
    return said[language == "en"].format(**values) if said else sentence(code, language, **values)
