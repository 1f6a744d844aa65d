"""What the report of an import says, in Vietnamese and English. Values are put in by `str.format`."""

from typing import Literal

Language = Literal["vi", "en"]

_SENTENCES: dict[str, tuple[str, str]] = {
    # --- the file
    "cannot_read": ("Không mở được tệp: {why}.", "The file cannot be read: {why}."),
    "too_large": ("Tệp lớn hơn {limit} MB.", "The file is larger than {limit} MB."),
    "empty_file": ("Tệp trống, không có gì để nhập.", "The file is empty, there is nothing to import."),
    "no_lines": (
        "Tệp chỉ có dòng tiêu đề, không có dòng dữ liệu nào.",
        "The file has a header and no line of data.",
    ),
    "not_utf8": (
        "Tệp không phải UTF-8: byte thứ {byte} (cột {column} của dòng) không đọc được. "
        "Hãy lưu lại tệp dạng “CSV UTF-8” rồi nhập lại; chưa nhập gì cả.",
        "The file is not UTF-8: byte {byte} (byte {column} of its line) cannot be read. "
        "Save it as “CSV UTF-8” and import again; nothing was imported.",
    ),
    "not_utf16": (
        "Tệp bắt đầu như UTF-16 nhưng không đọc được. Hãy lưu lại tệp dạng “CSV UTF-8”; chưa nhập gì cả.",
        "The file begins like UTF-16 and cannot be read. Save it as “CSV UTF-8”; nothing was imported.",
    ),
    "utf16": ("Tệp được lưu bằng UTF-16; vẫn đọc được.", "The file is UTF-16; it was read all the same."),
    "delimiter": ("Các cột cách nhau bằng {name}.", "The columns are separated by {name}."),
    # --- the header
    "missing_column": ("Thiếu cột “{column}”.", "The column “{column}” is missing."),
    "missing_column_meant": (
        "Thiếu cột “{column}”. Có phải cột “{found}” không? Hãy đổi tên cột đó thành “{column}”.",
        "The column “{column}” is missing. Did you mean “{found}”? Rename it to “{column}”.",
    ),
    "double_column": (
        "Hai cột “{first}” và “{second}” cùng nghĩa là “{column}”; hãy bỏ một cột.",
        "The columns “{first}” and “{second}” both mean “{column}”; remove one.",
    ),
    "unknown_column": (
        "Không biết cột “{column}”; bỏ qua cột này.",
        "The column “{column}” is not known; it is left out.",
    ),
    "unknown_column_meant": (
        "Không biết cột “{column}”; bỏ qua cột này. Có phải là “{meant}” không?",
        "The column “{column}” is not known; it is left out. Did you mean “{meant}”?",
    ),
    "national_number_column": (
        "Cột “{column}” chứa số định danh cá nhân: thư viện không cần, đã bỏ cột này và không lưu.",
        "The column “{column}” holds national numbers: a library does not need them; it was dropped, nothing is kept.",
    ),
    # --- a line
    "quoting": (
        'Dấu ngoặc kép (") mở, đóng không đúng; bỏ qua dòng này.',
        'The quotation marks (") do not match; the line is skipped.',
    ),
    "extra_cells": (
        "Dòng có {found} ô, tiêu đề chỉ có {expected} cột; bỏ qua dòng này. Ô có dấu phẩy phải đặt trong ngoặc kép.",
        "The line has {found} cells, the header {expected} columns; it is skipped. Put a cell with a comma in quotes.",
    ),
    "control_character": (
        "Ô “{column}” có ký tự điều khiển; bỏ qua dòng này.",
        "The cell “{column}” has a control character; the line is skipped.",
    ),
    "missing_value": ("Ô “{column}” trống; bỏ qua dòng này.", "The cell “{column}” is empty; the line is skipped."),
    "too_long": (
        "Ô “{column}” dài quá {limit} chữ; bỏ qua dòng này.",
        "The cell “{column}” is longer than {limit} letters; the line is skipped.",
    ),
    "duplicate_key": (
        "“{column}” trùng với dòng {first}; bỏ qua dòng này.",
        "“{column}” is the same as in line {first}; the line is skipped.",
    ),
    "bad_date": (
        "Ngày trong ô “{column}” không đúng; hãy ghi ngày/tháng/năm, ví dụ 31/05/2027. Bỏ qua dòng này.",
        "The date in “{column}” is not right; write day/month/year, like 31/05/2027. The line is skipped.",
    ),
    "bad_isbn": (
        "ISBN “{value}” sai số kiểm tra: vẫn nhập đầu sách, không ghi ISBN.",
        "The check digit of the ISBN “{value}” is wrong: the title is taken without the ISBN.",
    ),
    "bad_year": (
        "Năm xuất bản “{value}” không đúng: vẫn nhập đầu sách, không ghi năm.",
        "The year “{value}” is not right: the title is taken without the year.",
    ),
    "unknown_title": (
        "Không có đầu sách nào mang mã “{value}”; bỏ qua dòng này. Hãy nhập đầu sách trước.",
        "There is no title with the code “{value}”; the line is skipped. Import the titles first.",
    ),
    "unknown_title_meant": (
        "Không có đầu sách nào mang mã “{value}”; bỏ qua dòng này. Có phải “{meant}” không?",
        "There is no title with the code “{value}”; the line is skipped. Did you mean “{meant}”?",
    ),
    "unknown_status": (
        "Không biết tình trạng “{value}”; hãy ghi: tốt, hỏng, mất hoặc thanh lý. Bỏ qua dòng này.",
        "The status “{value}” is not known; write available, damaged, lost or withdrawn. The line is skipped.",
    ),
    "unknown_category": (
        "Không biết loại bạn đọc “{value}” (chính sách có: {known}); bỏ qua dòng này.",
        "The category “{value}” is not known (the rules have: {known}); the line is skipped.",
    ),
    "unknown_category_meant": (
        "Không biết loại bạn đọc “{value}”; bỏ qua dòng này. Có phải “{meant}” không?",
        "The category “{value}” is not known; the line is skipped. Did you mean “{meant}”?",
    ),
    "national_number": (
        "Ô “{column}” có vẻ là số định danh cá nhân, không phải số thẻ: không lưu, bỏ qua dòng này.",
        "The cell “{column}” looks like a national number, not a card number: not kept, the line is skipped.",
    ),
    # --- notes
    "no_rules_yet": (
        "Chưa nhập chính sách lưu thông, nên chưa kiểm tra được loại bạn đọc và loại sách.",
        "The circulation rules are not imported yet, so categories and types were not checked.",
    ),
    "type_without_rule": (
        "Loại sách “{value}” chưa có trong chính sách: vẫn nhập, nhưng chưa cho mượn được.",
        "The type “{value}” is in no rule: the title is taken, but cannot be lent yet.",
    ),
    "no_type": (
        "Chưa ghi loại sách: vẫn nhập, nhưng chưa cho mượn được.",
        "No type is given: the title is taken, but cannot be lent yet.",
    ),
    "category_without_rule": (
        "{count} bạn đọc thuộc loại “{value}” không có trong chính sách này.",
        "{count} patrons are of the category “{value}”, which is not in these rules.",
    ),
    # --- TOML
    "bad_toml": ("Tệp TOML viết sai: {why}.", "The TOML is not right: {why}."),
    "unknown_key": ("Không biết “{key}” trong {where}.", "“{key}” is not known in {where}."),
    "unknown_key_meant": (
        "Không biết “{key}” trong {where}. Có phải “{meant}” không?",
        "“{key}” is not known in {where}. Did you mean “{meant}”?",
    ),
    "missing_key": ("Thiếu “{key}” trong {where}.", "“{key}” is missing in {where}."),
    "bad_value": ("Giá trị của {where} không đúng: {why}.", "The value of {where} is not right: {why}."),
    "double_policy": (
        "Có hai chính sách cho loại bạn đọc “{category}” và loại sách “{item_type}”.",
        "There are two policies for the category “{category}” and the type “{item_type}”.",
    ),
    "policy_without_limits": (
        "Chính sách cho loại bạn đọc “{category}” không có [limits.{category}] đi kèm.",
        "The policies for the category “{category}” have no [limits.{category}].",
    ),
    "ends_before": (
        "“{name}” kết thúc ({end}) trước khi bắt đầu ({begin}).",
        "“{name}” ends ({end}) before it begins ({begin}).",
    ),
    # --- the library
    "bad_library": (
        "Mã thư viện “{value}” không đúng: chỉ dùng chữ thường không dấu, chữ số và dấu gạch nối, nhiều nhất 64 chữ.",
        "“{value}” is no library code: use small letters without marks, digits and hyphens, at most 64.",
    ),
    "no_library": (
        'Chưa có thư viện “{value}”; lần đầu hãy thêm --library-name "Tên thư viện".',
        'There is no library “{value}” yet; the first time, add --library-name "Its name".',
    ),
    "library_made": ("Đã tạo thư viện “{value}”.", "The library “{value}” was created."),
}

_WORDS: dict[str, tuple[str, str]] = {
    "taken": ("mới", "taken"),
    "changed": ("đã đổi", "changed"),
    "unchanged": ("giữ nguyên", "unchanged"),
    "skipped": ("bỏ qua", "skipped"),
    "line": ("dòng", "line"),
    "lines": ("dòng", "lines"),
    "nothing": ("Chưa nhập gì cả.", "Nothing was imported."),
    "comma": ("dấu phẩy", "commas"),
    "semicolon": ("dấu chấm phẩy", "semicolons"),
    "tab": ("dấu tab", "tabs"),
}


def sentence(code: str, language: Language, **values: object) -> str:
    """The sentence of `code` with `values` put in."""
    return _SENTENCES[code][language == "en"].format(**values)


def word(code: str, language: Language) -> str:
    """A single word of the report."""
    return _WORDS[code][language == "en"]
