"""What is said of a file of MARC records: Vietnamese, and English."""

SENTENCES: dict[str, tuple[str, str]] = {
    "not_marc": (
        "Tệp không phải MARC 21: không phải ISO 2709, cũng không phải MARCXML; chưa nhập gì cả.",
        "The file is no MARC 21, neither ISO 2709 nor MARCXML; nothing was imported.",
    ),
    "marc_too_many": (
        "Tệp có hơn {limit} biểu ghi. Hãy chia thành nhiều tệp rồi nhập; chưa nhập gì cả.",
        "The file has more than {limit} records. Split it into several files; nothing was imported.",
    ),
    "marc_xml_dtd": (
        "Tệp XML có phần khai báo (DTD), có thể gây hại nên không đọc; chưa nhập gì cả.",
        "The XML has declarations (a DTD), which may do harm: it is not read; nothing was imported.",
    ),
    "marc_xml_broken": (
        "XML sai ở dòng {at}: biểu ghi này và mọi biểu ghi sau nó không đọc được; các biểu ghi trước vẫn nhập.",
        "The XML is broken in its line {at}: this record and all after it cannot be read; those before are taken.",
    ),
    "marc_cut_off": (
        "Biểu ghi bị đứt giữa chừng: tệp tải về chưa đủ? Bỏ qua biểu ghi này.",
        "The record breaks off: is the file whole? It is skipped.",
    ),
    "marc_leader": (
        "Đầu biểu hỏng, không đọc được; bỏ qua biểu ghi này.",
        "The leader is broken; the record is skipped.",
    ),
    "marc_directory": (
        "Danh mục trường của biểu ghi hỏng, không biết trường nào là trường nào; bỏ qua biểu ghi này.",
        "The directory is broken, so it is not sure which field is which; the record is skipped.",
    ),
    "marc_repaired": (
        "Độ dài ghi trong biểu ghi sai; vẫn đọc được theo dấu kết thúc trường.",
        "The lengths in the record are wrong; it was read by the marks at the ends of its fields.",
    ),
    "marc_letters": (
        "Không biết biểu ghi viết bằng bảng mã nào; bỏ qua. Nếu biết, hãy ghi rõ, ví dụ --encoding tcvn3.",
        "In which alphabet the record is, is not known; it is skipped. If you know, say so, like --encoding tcvn3.",
    ),
    "marc_lost_letters": (
        "“{column}” đã mất chữ có dấu; bỏ qua biểu ghi này.",
        "“{column}” lost letters; the record is skipped.",
    ),
    "marc_control_character": (
        "“{column}” có ký tự điều khiển; bỏ qua biểu ghi này.",
        "“{column}” has a control character; the record is skipped.",
    ),
    "marc_too_long": (
        "“{column}” dài quá {limit} chữ; bỏ qua biểu ghi này.",
        "“{column}” is longer than {limit} letters; the record is skipped.",
    ),
    "marc_no_title": (
        "Không có nhan đề (trường 245 $a); bỏ qua biểu ghi này.",
        "There is no title (field 245 $a); the record is skipped.",
    ),
    "marc_deleted": (
        "Biểu ghi đã đánh dấu xoá; bỏ qua.",
        "The record is marked as deleted; it is skipped.",
    ),
    "marc_authority": (
        "Đây là biểu ghi tên hay đề mục, không phải sách; bỏ qua.",
        "This is a record of a name or a heading, not of a title; it is skipped.",
    ),
    "marc_holdings": (
        "Đây là biểu ghi vốn tài liệu tách riêng, không có nhan đề; bỏ qua.",
        "This is a separate record of holdings, without a title; it is skipped.",
    ),
    "marc_twice": (
        "Biểu ghi này cùng mã “{value}” với biểu ghi {first}; bỏ qua.",
        "The record has the same number “{value}” as record {first}; it is skipped.",
    ),
    "marc_other_title": (
        "Mã “{value}” trong thư viện là đầu sách khác, “{known}”; bỏ qua biểu ghi này để không ghi đè.",
        "The number “{value}” is another title here, “{known}”; the record is skipped and nothing written over.",
    ),
    "marc_items_without_number": (
        "{count} bản sách không có số ĐKCB: không nhập các bản ấy, vẫn nhập đầu sách.",
        "{count} copies have no number: they are left out, the title is taken.",
    ),
    "marc_item_bad": (
        "Số ĐKCB “{value}” không dùng được ({why}): không nhập bản ấy, vẫn nhập đầu sách.",
        "The number “{value}” of a copy cannot be used ({why}): it is left out, the title is taken.",
    ),
    "marc_item_twice": (
        "Số ĐKCB “{value}” đã có ở biểu ghi {first}: không nhập lần nữa, vẫn nhập đầu sách.",
        "The number “{value}” of a copy is in record {first} already: it is left out here, the title is taken.",
    ),
    "marc_item_known": (
        "Số ĐKCB “{value}” trong thư viện là của đầu sách khác: không đổi, vẫn nhập đầu sách.",
        "The number “{value}” is a copy of another title here: it stays so, the title is taken.",
    ),
    "marc_items": (
        "Các biểu ghi có {count} bản sách, {new} bản mới.",
        "The records have {count} copies, {new} of them new.",
    ),
}
