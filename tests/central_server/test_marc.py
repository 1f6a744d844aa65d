"""MARC 21 in and out: every record is taken or named, whatever is broken, and what goes out comes back."""

import json
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pymarc import Field, Indicators, Record, Subfield

from central_server.catalogue import marc_out
from central_server.database import Store, reading
from central_server.imports.legacy import TCVN3, VNI
from central_server.imports.marc_fields import describe, record_of
from central_server.imports.marc_file import MOST_RECORDS, read_records
from central_server.imports.report import Report
from central_server.imports.rows import Options
from central_server.imports.run import import_file
from central_server.imports.words import tidy
from central_server.tables.library import item, title
from tests.central_server.support import run
from tests.central_server.test_csv_imports import codes, outcomes, told

Pairs = Sequence[tuple[str, str]]
NAMES = (
    "Dế Mèn phiêu lưu ký",
    "Đất rừng phương Nam",
    "Tuổi thơ dữ dội",
    "Những tấm lòng cao cả",
    "Góc sân và khoảng trời",
)
# The letters of MARC-8 that stand alone, and its marks, which stand before their letter.
MARC8 = {"ơ": 0xBC, "ư": 0xBD, "đ": 0xB3, "Ơ": 0xAC, "Ư": 0xAD, "Đ": 0xA3}
MARKS = {"\u0309": 0xE0, "\u0300": 0xE1, "\u0301": 0xE2, "\u0302": 0xE3, "\u0303": 0xE4, "\u0306": 0xE6, "\u0323": 0xF2}


def field(tag: str, *pairs: tuple[str, str]) -> Field:
    return Field(tag=tag, indicators=Indicators(" ", " "), subfields=[Subfield(*one) for one in pairs])


def record(*fields: Field, number: str = "", leader: str = "00000nam a2200000 a 4500") -> Record:
    made = Record(leader=leader, force_utf8=True)
    if number:
        made.fields.append(Field(tag="001", data=number))
    made.fields += fields
    return made


def titled(name: str, number: str, *more: Field) -> Record:
    return record(field("245", ("a", name)), *more, number=number)


def as_file(*records: Record) -> bytes:
    return b"".join(one.as_marc() for one in records)


def raw_record(leader: str, fields: Sequence[tuple[str, bytes]]) -> bytes:
    """A record in any alphabet."""
    directory, data = b"", b""
    for tag, content in fields:
        whole = content + b"\x1e"
        directory += f"{tag}{len(whole):04}{len(data):05}".encode()
        data += whole
    base = 24 + len(directory) + 1
    whole_length = base + len(data) + 1
    return f"{whole_length:05}{leader[5:12]}{base:05}{leader[17:]}".encode() + directory + b"\x1e" + data + b"\x1d"


def in_marc8(text: str) -> bytes:
    out = bytearray()
    for letter in text:
        if letter in MARC8:
            out.append(MARC8[letter])
            continue
        plain = unicodedata.normalize("NFD", letter)
        base, marks = plain[0], plain[1:]
        if "\u031b" in marks:  # horn
            base, marks = unicodedata.normalize("NFC", base + "\u031b"), marks.replace("\u031b", "")
        out += bytes(MARKS[mark] for mark in marks)
        out.append(MARC8.get(base) or ord(base))
    return bytes(out)


def in_old(text: str, table: dict[str, str]) -> bytes:
    back = {letter: written for written, letter in sorted(table.items(), reverse=True)}
    return "".join(back.get(letter, letter) for letter in text).encode("cp1252")


def bring(store: Store, raw: bytes, folder: Path, library: str = "hoa-sen", **options: Any) -> Report:
    path = folder / f"{uuid4().hex}.mrc"
    path.write_bytes(raw)
    return import_file(store, library, "Hoa Sen", "marc", path, options=Options(**options))


def rows(store: Store, table: sa.Table, library: str = "hoa-sen") -> list[dict[str, Any]]:
    with reading(store) as connection:
        found = connection.execute(sa.select(table).where(table.c.library_id == library))
        key = "code" if table is title else "barcode"
        return sorted((dict(row) for row in found.mappings()), key=lambda row: str(row[key]))


def read(raw: bytes, encoding: str | None = None) -> tuple[list[Record], Report]:
    report = Report("marc", "hoa-sen", "x.mrc", of_records=True)
    return [one.record for one in read_records(raw, encoding, report)], report


# --- what is in a record


KOHA = record(
    field("020", ("a", "978-604-2-53129-0 (bìa mềm)"), ("c", "50.000 đ")),
    field("082", ("a", "895.922334"), ("b", "D250M")),
    field("100", ("a", "Tô Hoài,")),
    field("245", ("a", "Dế Mèn phiêu lưu ký :"), ("b", "truyện thiếu nhi /"), ("c", "Tô Hoài.")),
    field("260", ("a", "Hà Nội :"), ("b", "Kim Đồng,"), ("c", "c2020.")),
    field("700", ("a", "Tạ Huy Long")),
    field("942", ("c", "STK")),
    field("952", ("p", "TK.00001"), ("o", "895.922 / D250M"), ("c", "KX1"), ("1", "0"), ("4", "1"), ("7", "0")),
    field("952", ("p", "TK.00002"), ("1", "1"), ("7", "1")),
    field("952", ("o", "895.922 / D250M")),
    field("999", ("c", "17"), ("d", "17")),
)


def test_takes_a_record_of_koha_with_its_items(store: Store, tmp_path: Path) -> None:
    report = bring(store, as_file(KOHA), tmp_path)
    assert outcomes(report) == {1: "taken"}
    assert codes(report) == [(1, "marc_items_without_number")]
    assert report.exit_code == 1
    (one,) = rows(store, title)
    assert {name: one[name] for name in ("code", "title", "author", "publisher", "year", "isbn", "call_number")} == {
        "code": "17",
        "title": "Dế Mèn phiêu lưu ký : truyện thiếu nhi",
        "author": "Tô Hoài; Tạ Huy Long",
        "publisher": "Kim Đồng",
        "year": 2020,
        "isbn": "9786042531290",
        "call_number": "895.922 / D250M",
    }
    assert (one["shelf"], one["item_type"]) == ("KX1", "STK")
    copies = [(row["barcode"], row["status"], row["in_house_only"]) for row in rows(store, item)]
    assert copies == [("TK.00001", "damaged", False), ("TK.00002", "lost", True)]
    assert len(told(store, "item")) == 2
    again = bring(store, as_file(KOHA), tmp_path)
    assert outcomes(again) == {1: "unchanged"}


SLIMS = record(
    field("245", ("a", "Góc sân và khoảng trời "), ("b", " :  thơ")),
    field("020", ("a", "9786042531290")),
    field("260", ("a", "Hà Nội"), ("b", "Kim Đồng"), ("c", "2019")),
    field("084", ("a", "895.9221")),
)


def test_takes_a_record_of_slims_that_has_no_number_always_as_the_same_title(store: Store, tmp_path: Path) -> None:
    for expected in ("taken", "unchanged"):
        assert outcomes(bring(store, as_file(SLIMS), tmp_path)) == {1: expected}
    (one,) = rows(store, title)
    assert (one["code"], one["title"]) == ("ISBN-9786042531290", "Góc sân và khoảng trời : thơ")
    assert one["call_number"] == "895.9221"


TITLES = [
    ([("a", "Tập truyện /"), ("c", "nhiều tác giả.")], "Tập truyện"),
    ([("a", "Toán."), ("n", "Tập 1,"), ("p", "Số học /")], "Toán. Tập 1, Số học"),
    ([("a", "Vì sao...")], "Vì sao..."),
    ([("a", "\x98The \x9cHobbit")], "The Hobbit"),
    ([("h", "[sách]"), ("a", "Hóa học")], "Hóa học"),
]


@pytest.mark.parametrize(("pairs", "expected"), TITLES)
def test_reads_titles_without_the_punctuation_between_their_parts(pairs: Pairs, expected: str) -> None:
    assert describe(record(field("245", *pairs)), "hoa-sen").values["title"] == expected


def test_takes_no_number_of_another_library_for_a_title_of_this_one(store: Store, tmp_path: Path) -> None:
    bring(store, as_file(titled("Toán 6", "1", field("852", ("p", "TK.1")))), tmp_path)
    other = as_file(titled("Văn 7", "1", field("852", ("p", "TK.9"))), titled("Sử 8", "2", field("852", ("p", "TK.1"))))
    report = bring(store, other, tmp_path)
    assert codes(report) == [(1, "marc_other_title"), (2, "marc_item_known")]
    assert [(one["code"], one["title"]) for one in rows(store, title)] == [("1", "Toán 6"), ("2", "Sử 8")]
    assert len(rows(store, item)) == 1


def test_knows_a_title_by_its_isbn(store: Store, tmp_path: Path) -> None:
    isbn = field("020", ("a", "9786042531290"))
    bring(store, as_file(titled("Dế Mèn phiêu lưu ký", "D1", isbn)), tmp_path)
    report = bring(
        store, as_file(titled("Dế mèn phiêu lưu ký", "koha-5", isbn, field("100", ("a", "Tô Hoài")))), tmp_path
    )
    assert outcomes(report) == {1: "changed"}
    assert [(one["code"], one["author"]) for one in rows(store, title)] == [("D1", "Tô Hoài")]


@pytest.mark.slow
def test_is_a_kind_of_file_for_the_command(tmp_path: Path) -> None:
    (tmp_path / "koha.mrc").write_bytes(as_file(KOHA, SLIMS))
    words = ("import", "--data", tmp_path / "centre", "--library", "hoa-sen", "--library-name", "Hoa Sen")
    done = run(*words, "--kind", "marc", "--value", "Loại=TK", "--json", tmp_path / "koha.mrc")
    told_ = json.loads(done.stdout)
    assert (done.returncode, told_["counts"]["taken"]) == (1, 2)
    assert [(one["line"], one["code"]) for one in told_["problems"]] == [(1, "marc_items_without_number")]
    done = run(*words, "--kind", "marc", tmp_path / "koha.mrc")
    assert "biểu ghi 1: 1 bản sách không có số ĐKCB" in done.stdout


# --- what is broken

GOOD = bytes(titled("Sách lành", "good").as_marc())


def broken(change: Callable[[bytes], bytes]) -> bytes:
    """The broken record between two good ones."""
    return titled("Sách trước", "before").as_marc() + change(GOOD) + titled("Sách sau", "after").as_marc()


def replaced(start: int, end: int, by: bytes) -> Callable[[bytes], bytes]:
    return lambda raw: raw[:start] + by + raw[end:]


BROKEN = {
    "length too large": (replaced(0, 5, b"99999"), "taken"),
    "length too small": (replaced(0, 5, b"00030"), "taken"),
    "no length": (replaced(0, 5, b"     "), "taken"),
    "letters for a length": (replaced(0, 5, b"abcde"), "taken"),
    "wrong base address": (replaced(12, 17, b"00001"), "taken"),
    "lengths of fields": (lambda raw: raw.replace(b"2450", b"2459", 1), "taken"),
    "leader not ASCII": (replaced(5, 8, b"\xff\xfe\xfd"), "marc_leader"),
    "leader too short": (lambda raw: raw[:10] + b"\x1d", "marc_leader"),
    "directory in pieces": (lambda raw: raw[:30] + raw[31:], "marc_directory"),
    "directory without digits": (replaced(27, 31, b"xxxx"), "marc_directory"),
    "no fields": (lambda raw: raw[:24] + b"\x1e\x1d" + b" " * 0, "marc_leader"),
    "one field more than said": (lambda raw: raw[:-1] + b"extra\x1e\x1d", "taken"),
    "one field less than said": (lambda raw: raw[:-5].rsplit(b"\x1e", 1)[0] + b"\x1e\x1d", "marc_directory"),
    "UTF-8 that is none": (lambda raw: raw.replace("á".encode(), b"\xc3\x28\xff"), "marc_letters"),
    "deleted": (replaced(5, 6, b"d"), "marc_deleted"),
    "an authority": (replaced(6, 7, b"z"), "marc_authority"),
    "holdings": (replaced(6, 7, b"y"), "marc_holdings"),
    "no title": (lambda raw: raw.replace(b"245", b"246"), "marc_no_title"),
    "a control character": (lambda raw: raw.replace(b"S\xc3\xa1ch", b"S\x00\x01ch"), "marc_control_character"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_names_a_broken_record_and_takes_those_around_it(store: Store, tmp_path: Path, name: str) -> None:
    change, expected = BROKEN[name]
    report = bring(store, broken(change), tmp_path)
    found = outcomes(report)
    assert found.pop(1) == found.pop(3) == "taken"
    assert found == {2: "taken" if expected == "taken" else "skipped"}
    assert [code for _line, code in codes(report)] == ([] if expected == "taken" else [expected])


def test_takes_what_is_whole_of_a_file_that_breaks_off(store: Store, tmp_path: Path) -> None:
    raw = as_file(*(titled(name, str(number)) for number, name in enumerate(NAMES)))
    report = bring(store, raw[: len(raw) - 20], tmp_path)
    assert codes(report) == [(5, "marc_cut_off")]
    assert outcomes(report) == {**dict.fromkeys(range(1, 5), "taken"), 5: "skipped"}


@pytest.mark.parametrize(
    "raw", [b"", b"   \n", b"\x1d", b"hello world", b"PK\x03\x04", b"<html><body/></html>", b"<", b"\0" * 99]
)
def test_says_of_what_is_no_marc_that_it_is_none(store: Store, tmp_path: Path, raw: bytes) -> None:
    report = bring(store, raw, tmp_path)
    assert (report.exit_code, len(codes(report))) == (2, 1)


def test_names_every_record_whatever_the_bytes_are(store: Store) -> None:
    @settings(max_examples=300, deadline=None)
    @given(st.binary(max_size=200), st.integers(0, len(GOOD)), st.integers(0, 40))
    def any_bytes(noise: bytes, at: int, cut: int) -> None:
        raw = GOOD[:at] + noise + GOOD[at + cut :]
        found, report = read(raw)
        pieces = len([one for one in raw.split(b"\x1d") if one.strip(b"\r\n\0\x1a \t")])
        assert not report.readable or len(found) + len(report.outcomes) >= min(pieces, 1)

    any_bytes()


@pytest.mark.slow
def test_refuses_a_file_of_more_records_than_any_library_has() -> None:
    found, report = read(b"x\x1d" * (MOST_RECORDS + 1))
    assert (found, report.readable, report.findings[-1].code) == ([], False, "marc_too_many")


# --- alphabets


@pytest.mark.parametrize(
    ("alphabet", "label", "is_called"),
    [
        ("tcvn3", "TCVN3", " "),
        ("tcvn3", "TCVN3", "a"),
        ("vni", "VNI", " "),
        ("vni", "VNI", "a"),
        ("utf-8", None, " "),
        ("utf-8", None, "a"),
        ("marc-8", "MARC-8", " "),  # called UTF-8 it is nobody's
    ],
)
def test_recognises_in_which_alphabet_a_file_is(alphabet: str, label: str | None, is_called: str) -> None:
    leader = f"00000nam {is_called}2200000 a 4500"
    ways: dict[str, Callable[[str], bytes]] = {
        "tcvn3": lambda text: in_old(text, TCVN3),
        "vni": lambda text: in_old(text, VNI),
        "utf-8": lambda text: text.encode(),
        "marc-8": in_marc8,
    }
    raw = b"".join(raw_record(leader, [("245", b"00\x1fa" + ways[alphabet](name))]) for name in NAMES)
    found, report = read(raw)
    said = [one.fields[0].subfields[0].value for one in found]
    assert said == list(NAMES)
    names = [one.sentence for one in report.findings if one.code == "converted_text"]
    assert len(names) == (label is not None)
    assert label is None or label in names[0]
    assert read(raw, alphabet)[0][1].fields[0].subfields[0].value == NAMES[1]


def test_knows_old_letters_that_were_saved_as_unicode() -> None:
    seen = (in_old(name, TCVN3).decode("cp1252") for name in NAMES)
    found, _report = read(as_file(*(titled(name, "1") for name in seen)))
    assert [one["245"]["a"] for one in found] == list(NAMES)


# --- MARCXML


def xml(*bodies: str) -> bytes:
    head = '<?xml version="1.0"?><collection xmlns="http://www.loc.gov/MARC21/slim">'
    return (head + "".join(f"<record>{body}</record>" for body in bodies) + "</collection>").encode()


def xml_title(name: str, number: int) -> str:
    leader = "<leader>00000nam a2200000 a 4500</leader>"
    control = f'<controlfield tag="001">{number}</controlfield>'
    return f'{leader}{control}<datafield tag="245" ind1=" " ind2=" "><subfield code="a">{name}</subfield></datafield>'


def test_takes_marcxml_and_what_stands_before_a_break(store: Store, tmp_path: Path) -> None:
    whole = xml(*(xml_title(name, number) for number, name in enumerate(NAMES)))
    report = bring(store, whole[:-200], tmp_path)
    assert codes(report) == [(5, "marc_xml_broken")]
    assert [one["title"] for one in rows(store, title)] == list(NAMES[:4])
    report = bring(
        store, b"\xff\xfe" + whole.decode().replace('"1.0"', '"1.0" encoding="utf-16"').encode("utf-16-le"), tmp_path
    )
    assert list(outcomes(report).values()) == ["unchanged"] * 4 + ["taken"]


XML_ATTACKS = {
    "a bomb of entities": b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>',
    "a file of the server": b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
    "a declaration from elsewhere": b'<!DOCTYPE x SYSTEM "http://example.org/x.dtd">',
}


@pytest.mark.parametrize("name", XML_ATTACKS)
def test_reads_no_declarations(store: Store, tmp_path: Path, name: str) -> None:
    body = b"<collection><record>" + xml_title("x &b; &a;", 1).encode() + b"</record></collection>"
    report = bring(store, XML_ATTACKS[name] + body, tmp_path)
    assert (report.readable, codes(report)) == (False, [(None, "marc_xml_dtd")])
    assert "root:" not in report.as_text()


def test_names_fields_of_xml_that_have_no_name(store: Store, tmp_path: Path) -> None:
    nameless = '<datafield ind1=" "><subfield code="a">?</subfield></datafield>'
    report = bring(store, xml(xml_title("Một", 1), nameless, xml_title("Ba", 3)), tmp_path)
    assert codes(report) == [(2, "marc_directory")]
    assert {one["title"] for one in rows(store, title)} == {"Một", "Ba"}


# --- out, and in again

LETTERS = st.characters(exclude_categories=("Cc", "Cs", "Cf", "Cn", "Zl", "Zp"))
TEXTS = st.text(LETTERS, max_size=40)


@st.composite
def libraries(draw: st.DrawFn) -> list[tuple[dict[str, Any], list[dict[str, Any]]]]:
    found = []
    for number in range(draw(st.integers(0, 4))):
        one = {
            "code": f"D{number}{tidy(draw(st.text(LETTERS, max_size=5)))}",
            "title": tidy(draw(TEXTS)) or f"{number}.",
            "author": tidy(draw(TEXTS)),
            "publisher": tidy(draw(TEXTS)),
            "year": draw(st.one_of(st.none(), st.integers(1400, 2099))),
            "isbn": draw(st.sampled_from([None, "9786042531290", "6041063916"])),
            "call_number": tidy(draw(TEXTS)),
            "shelf": tidy(draw(TEXTS)),
            "item_type": tidy(draw(st.text(LETTERS, max_size=10))),
        }
        copies = [
            {
                "barcode": f"{number}.{place}{tidy(draw(st.text(LETTERS, max_size=4)))}",
                "status": draw(st.sampled_from(["available", "damaged", "lost", "withdrawn"])),
                "in_house_only": draw(st.booleans()),
                "source": draw(st.sampled_from([None, "budget", "donation", "project", "exchange", "other"])),
            }
            for place in range(draw(st.integers(0, 3)))
        ]
        found.append((one, copies))
    return found


@pytest.mark.parametrize("form", ["iso2709", "xml"])
def test_brings_back_exactly_what_went_out(store: Store, tmp_path: Path, form: str) -> None:
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large]

    @settings(max_examples=25, deadline=None, suppress_health_check=slow)
    @given(libraries())
    def round_trip(library: list[tuple[dict[str, Any], list[dict[str, Any]]]]) -> None:
        code = f"l-{uuid4().hex}"
        records = [one for row, copies in library for one in record_of(code, row, copies)]
        raw = marc_out.as_iso2709(records) if form == "iso2709" else marc_out.as_xml(records)
        if not records:
            return
        assert codes(bring(store, raw, tmp_path, code)) == []
        names = ("code", "title", "author", "publisher", "year", "isbn", "call_number", "shelf", "item_type")
        assert [{name: one[name] for name in names} for one in rows(store, title, code)] == sorted(
            (row for row, _copies in library), key=lambda row: str(row["code"])
        )
        ids = {row["id"]: row["code"] for row in rows(store, title, code)}
        came = {
            row["barcode"]: (ids[row["title_id"]], row["status"], row["in_house_only"], row["source"])
            for row in rows(store, item, code)
        }
        went = {
            one["barcode"]: (row["code"], one["status"], one["in_house_only"], one["source"])
            for row, copies in library
            for one in copies
        }
        assert came == went
        with reading(store) as connection:
            out = list(marc_out.records(connection, code))
        again = marc_out.as_iso2709(out) if form == "iso2709" else marc_out.as_xml(out)
        assert set(outcomes(bring(store, again, tmp_path, code)).values()) <= {"unchanged"}

    round_trip()


def test_writes_a_title_with_more_copies_than_a_record_holds_as_several(store: Store, tmp_path: Path) -> None:
    row = {"code": "SGK6", "title": "Toán 6", "author": "", "publisher": "", "year": None, "isbn": None}
    row |= {"call_number": "", "shelf": "Kệ sách giáo khoa của khối sáu", "item_type": "SGK"}
    copies = [
        {"barcode": f"SGK.{number:05}", "status": "available", "in_house_only": False, "source": "budget"}
        for number in range(2_000)
    ]
    records = list(record_of("hoa-sen", row, copies))
    assert len(records) > 1
    raw = marc_out.as_iso2709(records)
    assert max(len(one) for one in raw.split(b"\x1d")) < 99_999
    report = bring(store, raw, tmp_path)
    assert codes(report) == []
    assert (len(rows(store, title)), len(rows(store, item))) == (1, 2_000)
