"""What the report of an import says, in Vietnamese and English. Values are put in by `str.format`."""

from typing import Literal

from central_server.imports import marc_sentences

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
        "Tệp không phải UTF-8: byte thứ {byte} (cột {column} của dòng) không đọc được, "
        "và không chắc là bảng mã nào. Hãy lưu lại tệp dạng “CSV UTF-8” rồi nhập lại, "
        "hoặc ghi rõ bảng mã, ví dụ --encoding tcvn3; chưa nhập gì cả.",
        "The file is not UTF-8: byte {byte} (byte {column} of its line) cannot be read, "
        "and what else it is, is not sure. Save it as “CSV UTF-8” and import again, "
        "or say what it is, like --encoding tcvn3; nothing was imported.",
    ),
    "not_utf16": (
        "Tệp bắt đầu như UTF-16 nhưng không đọc được. Hãy lưu lại tệp dạng “CSV UTF-8”; chưa nhập gì cả.",
        "The file begins like UTF-16 and cannot be read. Save it as “CSV UTF-8”; nothing was imported.",
    ),
    "utf16": ("Tệp được lưu bằng UTF-16; vẫn đọc được.", "The file is UTF-16; it was read all the same."),
    "delimiter": ("Các cột cách nhau bằng {name}.", "The columns are separated by {name}."),
    "converted": (
        "Nhận ra bảng mã {name}: đã đổi {count} ô sang Unicode, ví dụ ở dòng {at}: “{before}” → “{after}”.",
        "Recognised as {name}: {count} cells were converted to Unicode, like in line {at}: “{before}” → “{after}”.",
    ),
    "converted_text": (
        "Nhận ra bảng mã {name}: đã đổi sang Unicode.",
        "Recognised as {name}: converted to Unicode.",
    ),
    # --- the workbook
    "not_excel": (
        "Tên tệp là của Excel nhưng bên trong không phải. Hãy mở bằng Excel, chọn “Lưu thành” loại .xlsx rồi nhập lại.",
        "The name is that of an Excel file, the content is not. Open it in Excel, save it as .xlsx and import again.",
    ),
    "old_excel": (
        "Đây là tệp Excel đời cũ (.xls). Hãy mở bằng Excel, chọn “Lưu thành” loại .xlsx rồi nhập lại.",
        "This is an Excel file of the old kind (.xls). Open it in Excel, save it as .xlsx and import again.",
    ),
    "other_excel": (
        "Tệp này không phải sổ tính .xlsx. Hãy mở bằng Excel, chọn “Lưu thành” loại .xlsx rồi nhập lại.",
        "This is no .xlsx workbook. Open it in Excel, save it as .xlsx and import again.",
    ),
    "locked_excel": (
        "Tệp có mật khẩu. Hãy mở bằng Excel, bỏ mật khẩu, lưu lại rồi nhập.",
        "The file has a password. Open it in Excel, remove the password, save it and import again.",
    ),
    "broken_excel": (
        "Tệp Excel bị hỏng hoặc tải về chưa đủ. Hãy mở bằng Excel, lưu lại dạng .xlsx rồi nhập; chưa nhập gì cả.",
        "The Excel file is damaged or not whole. Open it in Excel, save it as .xlsx and import; nothing was imported.",
    ),
    "too_large_inside": (
        "Phần {part} của tệp mở ra lớn hơn {limit} MB, thường vì hàng triệu ô trống có kẻ khung, tô màu. "
        "Hãy chép riêng phần có dữ liệu sang một tệp mới rồi nhập; chưa nhập gì cả.",
        "The part {part} of the file is larger than {limit} MB when unpacked, mostly for millions of empty cells with "
        "borders and colours. Copy what is written to a new file and import that; nothing was imported.",
    ),
    "too_many_tags": (
        "Phần {part} của tệp quá rối. Hãy chép riêng phần có dữ liệu sang một tệp mới rồi nhập; chưa nhập gì cả.",
        "The part {part} of the file is a tangle. Copy what is written to a new file and import that.",
    ),
    "too_many_cells": (
        "Tệp có hơn {limit} ô. Hãy chia thành nhiều tệp rồi nhập; chưa nhập gì cả.",
        "The file has more than {limit} cells. Split it into several files; nothing was imported.",
    ),
    "macros": (
        "Tệp có macro: không chạy, chỉ đọc dữ liệu.",
        "The file has macros: they are not run, only what is written is read.",
    ),
    "external_links": (
        "Tệp có liên kết đến tệp khác: không mở tệp đó, dùng giá trị đã lưu.",
        "The file has links to other files: those are not opened, the saved values are used.",
    ),
    "no_such_sheet": (
        "Không có trang “{sheet}”; tệp có các trang {names}.",
        "There is no sheet “{sheet}”; the file has {names}.",
    ),
    "no_sheets": ("Tệp này không phải Excel nên không có trang.", "This is no Excel file, so there are no sheets."),
    "hidden_sheet": (
        "Trang này đang ẩn: bỏ qua. Nếu cần, hãy nhập riêng bằng --sheet.",
        "This sheet is hidden: it is left out. To import it, name it with --sheet.",
    ),
    "sheet_left_out": (
        "Không thấy dòng tiêu đề quen thuộc: bỏ qua trang này.",
        "No header is recognised: the sheet is left out.",
    ),
    "formulas": (
        "{count} ô là công thức: dùng giá trị đã lưu trong tệp.",
        "{count} cells are formulas: the values saved in the file are used.",
    ),
    "empty_rows": ("{count} dòng trống: bỏ qua.", "{count} empty rows: left out."),
    "filled_down": (
        "Ô gộp ở cột “{column}”: đã điền “{value}” cho {count} dòng.",
        "Merged cell in the column “{column}”: “{value}” was filled in for {count} lines.",
    ),
    "band": ("“{value}” là dòng chữ gộp ngang, không phải dữ liệu: bỏ qua.", "“{value}” is no data: left out."),
    # --- the header
    "no_header": (
        "Không tìm thấy dòng tiêu đề; cần có các cột {columns}.",
        "No line names the columns; these are needed: {columns}.",
    ),
    "header_below": (
        "Đây là dòng tiêu đề; bỏ qua các dòng phía trên.",
        "This line names the columns; the lines above are left out.",
    ),
    "no_such_column": (
        "Không có cột “{column}”; hãy xem lại tên cột trong lệnh.",
        "There is no column “{column}”; look at the name in the command.",
    ),
    "national_cards": (
        "Cột “{column}” dùng làm số thẻ nhưng chứa số định danh cá nhân ({count} ô). "
        "Số này của riêng mỗi người, thư viện không nên giữ: hãy dùng số thẻ hoặc mã học sinh. "
        'Nếu vẫn cần, thêm --keep-column "{column}". Chưa nhập gì cả.',
        "The column “{column}” is to be the card number, and holds national numbers ({count} cells). "
        "A library should not keep them: use card or pupil numbers. "
        'If it must be, add --keep-column "{column}". Nothing was imported.',
    ),
    "other_list": (
        "Tệp này không giống một danh sách như vậy: không thấy cột nào quen thuộc, như {columns}. "
        "Có phải đã chọn nhầm tệp không?",
        "This file does not look like such a list: no column of it is known, like {columns}. "
        "Was the wrong file chosen?",
    ),
    "missing_column": (
        'Thiếu cột “{column}”. Nếu mọi dòng đều như nhau, có thể thêm --value "{column}=…".',
        'The column “{column}” is missing. If it is the same in every line, add --value "{column}=…".',
    ),
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
    "idle_lines": (
        "Từ dòng này có {count} dòng không ghi gì ở các cột cần đọc: bỏ qua.",
        "From this line on, {count} lines have nothing in the columns that are read: left out.",
    ),
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
    "zeros_lost": (
        "Ô “{column}” là số {value}, còn mã khác trong cột dài {width} chữ số: "
        "có thể đã mất số 0 ở đầu; bỏ qua dòng này. "
        "Hãy định dạng cột là Văn bản (Text) rồi gõ lại đủ số 0. Nếu {value} là đúng, thêm --numbers-as-shown.",
        "The cell “{column}” is the number {value}, other codes of the column have {width} digits: "
        "zeros in front may be lost; the line is skipped. Format the column as text and type the zeros again. "
        "If {value} is right, add --numbers-as-shown.",
    ),
    "zeros_known": (
        "Ô “{column}” là số {value}, còn thư viện đã có “{known}”: có thể đã mất số 0 ở đầu; bỏ qua dòng này. "
        "Hãy định dạng cột là Văn bản (Text) rồi gõ lại đủ số 0. Nếu {value} là đúng, thêm --numbers-as-shown.",
        "The cell “{column}” is the number {value}, and “{known}” is known: zeros in front may be lost; the line is "
        "skipped. Format the column as text and type the zeros again. If {value} is right, add --numbers-as-shown.",
    ),
    "codes_are_numbers": (
        "{count} ô của cột “{column}” là số (như {value}), lấy đúng như Excel hiện. "
        "Nếu mã có số 0 ở đầu, hãy định dạng cột là Văn bản (Text) và gõ lại trước khi nhập.",
        "{count} cells of the column “{column}” are numbers (like {value}), taken as Excel shows them. "
        "If the codes begin with zeros, format the column as text and type them again before importing.",
    ),
    "serial_date": ("Ô là số {value}: đọc là ngày {day}.", "The cell is the number {value}: read as the day {day}."),
    "code_not_whole": (
        "Ô “{column}” là số {value}, không dùng làm mã được; bỏ qua dòng này. "
        "Hãy định dạng cột là Văn bản (Text) và gõ lại.",
        "The cell “{column}” is the number {value}, which is no code; the line is skipped. "
        "Format the column as text and type it again.",
    ),
    "merged_code": (
        "Ô “{column}” gộp chung cho nhiều dòng; mỗi dòng phải có mã riêng. Bỏ qua dòng này.",
        "The cell “{column}” is merged over several lines; each needs its own code. The line is skipped.",
    ),
    "error_cell": (
        "Ô “{column}” báo lỗi {value}; bỏ qua dòng này.",
        "The cell “{column}” is an error, {value}; the line is skipped.",
    ),
    "formula_without_value": (
        "Ô “{column}” là công thức chưa có giá trị; bỏ qua dòng này. Hãy mở tệp bằng Excel, lưu lại rồi nhập.",
        "The cell “{column}” is a formula without a saved value; the line is skipped. Open the file in Excel, save it.",
    ),
    "cell_too_long": (
        "Ô “{column}” quá dài; bỏ qua dòng này.",
        "The cell “{column}” is too long; the line is skipped.",
    ),
    "date_in_cell": (
        "Ô “{column}” là ngày {value}: có lẽ Excel đã tự đổi chữ bạn gõ (như 6/1). Hãy định dạng cột là Văn bản (Text) "
        "rồi gõ lại; bỏ qua dòng này.",
        "The cell “{column}” is the date {value}: Excel probably made it of what was typed (like 6/1). "
        "Format the column as text and type it again; the line is skipped.",
    ),
    "ambiguous_date": (
        "Cột “{column}” có ngày viết kiểu tháng/ngày, nên không biết ngày này đọc thế nào; bỏ qua dòng này. "
        "Hãy ghi mọi ngày theo ngày/tháng/năm.",
        "The column “{column}” has dates as month/day, so it is not sure how to read this one; the line is skipped. "
        "Write every date as day/month/year.",
    ),
    "lost_letters": (
        "Ô “{column}” đã mất chữ có dấu (thành dấu “?”) khi lưu tệp; bỏ qua dòng này. "
        "Hãy nhập tệp .xlsx gốc, hoặc lưu lại dạng “CSV UTF-8”.",
        "The cell “{column}” lost letters (they became “?”) when the file was saved; the line is skipped. "
        "Import the .xlsx itself, or save it as “CSV UTF-8”.",
    ),
    "uncertain_letters": (
        "Không chắc ô “{column}” viết bằng bảng mã nào, vì cột này lẫn nhiều bảng mã; bỏ qua dòng này. "
        "Hãy gõ lại ô này bằng Unicode.",
        "In which alphabet the cell “{column}” is, is not sure, for the column mixes several; the line is skipped. "
        "Type it again in Unicode.",
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
    "unknown_source": (
        "Không biết nguồn “{value}”; hãy ghi: ngân sách, biếu tặng, dự án, trao đổi, khác hoặc để trống. "
        "Bỏ qua dòng này.",
        "The source “{value}” is not known; write budget, donation, project, exchange, other, or nothing. "
        "The line is skipped.",
    ),
    "unknown_in_house": (
        "Không biết “{value}” trong cột “{column}” nghĩa là gì; hãy ghi “có” (chỉ đọc tại chỗ) hoặc để trống. "
        "Bỏ qua dòng này.",
        "What “{value}” means in “{column}” is not known; write yes (it is read in the library only), or nothing. "
        "The line is skipped.",
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
    "and_more": (
        "còn {count} chỗ nữa giống như ở dòng {like}: {where}.",
        "{count} more like in line {like}: {where}.",
    ),
    "and_more_records": (
        "còn {count} chỗ nữa giống như ở biểu ghi {like}: {where}.",
        "{count} more like in record {like}: {where}.",
    ),
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
    # --- MARC
    **marc_sentences.SENTENCES,
    "name_of_nothing": (
        "Có tên cho mã “{value}”, nhưng chính sách không dùng mã này.",
        "“{value}” has a name, but nothing in these rules is called so.",
    ),
    # --- TOML
    "settings_hold": (
        "Thư viện đã tự đặt khác tệp này, và điều đã đặt vẫn giữ: {names}.",
        "The library has set this otherwise, and that holds over the file: {names}.",
    ),
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
    "library_would_be_made": ("Sẽ tạo thư viện “{value}”.", "The library “{value}” would be created."),
    "library_made": ("Đã tạo thư viện “{value}”.", "The library “{value}” was created."),
}

_WORDS: dict[str, tuple[str, str]] = {
    "taken": ("mới", "taken"),
    "changed": ("đã đổi", "changed"),
    "unchanged": ("giữ nguyên", "unchanged"),
    "skipped": ("bỏ qua", "skipped"),
    "line": ("dòng", "line"),
    "lines": ("dòng", "lines"),
    "record": ("biểu ghi", "record"),
    "records": ("biểu ghi", "records"),
    "lost_letters": ("mất chữ có dấu", "lost letters"),
    "control_character": ("ký tự điều khiển", "a control character"),
    "too_long": ("quá dài", "too long"),
    "nothing": ("Chưa nhập gì cả.", "Nothing was imported."),
    "dry_run": (
        "CHẠY THỬ: chưa ghi gì cả; dưới đây là những gì sẽ làm.",
        "DRY RUN: nothing is written; this is what would be done.",
    ),
    "sheet": ("trang", "sheet"),
    "columns": ("các cột đọc được", "columns read"),
    "left_out": ("bỏ qua", "left out"),
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
