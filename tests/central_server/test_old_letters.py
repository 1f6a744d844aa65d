"""TCVN3, VNI and Windows-1258: the tables letter by letter, and telling them apart."""

import csv
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central_server.database import Store
from central_server.imports.legacy import TCVN3, VNI, Legacy, decode
from central_server.imports.syllables import is_vietnamese
from tests.central_server.support import ROOT, bring
from tests.central_server.test_csv_imports import codes, notes, told
from tests.central_server.workbooks import PEOPLE, one_sheet

pytestmark = pytest.mark.slow

TONES = "\u0300\u0301\u0303\u0309\u0323"
TONED = [vowel + tone for vowel in "aăâeêioôơuưy" for tone in ("", *TONES)]
SMALL = {unicodedata.normalize("NFC", one) for one in TONED} - set("aeiouy")
LETTERS = sorted({"đ", "Đ", *SMALL, *(letter.upper() for letter in SMALL)})
SCHOOL = list(csv.reader((ROOT / "samples/patrons.csv").read_text(encoding="utf-8").splitlines()))
TO_TCVN3 = {letter: written for written, letter in TCVN3.items()}
TO_VNI = {letter: written for written, letter in VNI.items() if written in (written.lower(), written.upper())}


def in_tcvn3(text: str) -> str:
    """As it shows in Windows-1252. Capitals with tones are small letters, which a font of capitals shows as such."""
    return "".join(TO_TCVN3.get(letter, TO_TCVN3.get(letter.lower(), letter)) for letter in text)


def in_vni(text: str) -> str:
    return "".join(TO_VNI.get(letter, letter) for letter in text)


def in_cp1258(text: str) -> str:
    """Tones stand behind their letters."""

    def apart(letter: str) -> str:
        parts = unicodedata.normalize("NFD", letter)
        tones = "".join(part for part in parts if part in TONES)
        return unicodedata.normalize("NFC", "".join(part for part in parts if part not in TONES)) + tones

    return "".join(map(apart, text)).encode("cp1258").decode("cp1252")


WRITTEN = {Legacy.TCVN3: in_tcvn3, Legacy.VNI: in_vni, Legacy.CP1258: in_cp1258}


def people_in(alphabet: Legacy, rows: list[list[str]] = SCHOOL) -> bytes:
    return "\n".join(",".join(map(WRITTEN[alphabet], row)) for row in rows).encode("cp1252")


def full_names(store: Store) -> list[str]:
    with store.reading.connect() as connection:
        return [row.name for row in connection.exec_driver_sql("SELECT name FROM patron ORDER BY card")]


def test_knows_all_letters_of_vietnamese() -> None:
    assert len(LETTERS) == 134
    assert set(VNI.values()) == set(LETTERS)
    assert set(TCVN3.values()) == {letter for letter in LETTERS if letter.islower()} | set("ĂÂÊÔƠƯĐ")


@pytest.mark.parametrize("letter", LETTERS)
def test_reads_every_letter_back(letter: str) -> None:
    assert decode(in_vni(letter), Legacy.VNI) == letter
    assert decode(in_cp1258(letter), Legacy.CP1258) == letter
    font = ".VnTimeH" if letter.isupper() else ".VnTime"
    assert decode(in_tcvn3(letter), Legacy.TCVN3, font) == letter


@given(st.text(st.sampled_from("".join(LETTERS) + "abcdeghiklmnopqrstuvxyABCDEGHIKLMNOPQRSTUVXY 0123,.")))
def test_reads_any_text_back_when_it_was_written_in_vni_or_windows_1258(text: str) -> None:
    assert decode(in_vni(text), Legacy.VNI) == text
    assert decode(in_cp1258(text), Legacy.CP1258) == text


@given(st.text(st.sampled_from("".join(sorted(TO_TCVN3)) + "abcdeghiklmnopqrstuvxy0123,.")))
def test_reads_any_word_back_when_it_was_written_in_tcvn3(text: str) -> None:
    assert decode(in_tcvn3(text), Legacy.TCVN3) == text


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("CéNG HOµ X· HéI CHñ NGHÜA VIÖT NAM", "CỘNG HOÀ XÃ HỘI CHỦ NGHĨA VIỆT NAM"),
        ("§éc lËp - Tù do - H¹nh phóc", "Độc lập - Tự do - Hạnh phúc"),
        ("Ng\u00adêi lao ®éng", "Người lao động"),
        ("NGUYÔN V¡N Tó", "NGUYỄN VĂN TÚ"),
        ("Vò Hµ", "Vũ Hà"),
        ("Bïi ThÞ Ngäc ¸nh", "Bùi Thị Ngọc Ánh"),
        ("Nhµ b¹n ë ®©u", "Nhà bạn ở đâu"),
    ],
)
def test_reads_capitals_when_tcvn3_could_not_write_them(written: str, said: str) -> None:
    assert decode(written, Legacy.TCVN3) == said


@pytest.mark.parametrize("word", ["Nguyễn", "TRƯỜNG", "quyển", "gì", "giếng", "khuỷu", "oà", "hòa", "Đặng", "huýt"])
def test_takes_a_word_for_vietnamese_when_it_is(word: str) -> None:
    assert is_vietnamese(word)


@pytest.mark.parametrize("word", ["NguyÔn", "René", "bàc", "Trần2", "tết́", "Kästner", "µ"])
def test_takes_no_word_for_vietnamese_when_it_cannot_be(word: str) -> None:
    assert not is_vietnamese(word)


@pytest.mark.parametrize("alphabet", Legacy)
def test_recognises_an_old_alphabet_when_a_csv_file_is_in_it(store: Store, tmp_path: Path, alphabet: Legacy) -> None:
    report = bring(store, "patrons", people_in(alphabet), tmp_path)
    assert (report.exit_code, notes(report)) == (0, ["converted"]), report.as_text()
    assert full_names(store) == [row[1] for row in sorted(SCHOOL[1:])]
    cells = sum(not cell.isascii() for row in SCHOOL for cell in map(WRITTEN[alphabet], row))
    assert f"{alphabet.label}: đã đổi {cells} ô sang Unicode" in report.as_text()


@pytest.mark.parametrize("alphabet", [Legacy.TCVN3, Legacy.VNI])
@pytest.mark.parametrize("is_workbook", [True, False])
def test_recognises_an_old_alphabet_when_it_stands_in_unicode_cells(
    store: Store, tmp_path: Path, alphabet: Legacy, is_workbook: bool
) -> None:
    rows = [[WRITTEN[alphabet](cell) for cell in row] for row in SCHOOL]
    raw = one_sheet(rows) if is_workbook else "\n".join(map(",".join, rows)).encode()
    report = bring(store, "patrons", raw, tmp_path)
    assert (report.exit_code, notes(report)) == (0, ["converted"]), report.as_text()
    assert full_names(store) == [row[1] for row in sorted(SCHOOL[1:])]


def test_converts_only_the_old_column_when_others_are_unicode(store: Store, tmp_path: Path) -> None:
    rows = [[row[0], in_tcvn3(row[1]), "Hồng Hà", *row[3:]] for row in SCHOOL[1:40]]
    report = bring(store, "patrons", one_sheet([PEOPLE, *rows]), tmp_path)
    assert (report.exit_code, notes(report)) == (0, ["converted"]), report.as_text()
    assert full_names(store) == [row[1] for row in sorted(SCHOOL[1:40])]
    assert {one["class_name"] for one in told(store, "patron")} == {"Hồng Hà"}


def test_skips_cells_when_they_are_in_another_old_alphabet_than_the_others(store: Store, tmp_path: Path) -> None:
    names = [*(in_tcvn3(row[1]) for row in SCHOOL[1:20]), in_vni("Nguyễn Đức Hữu")]
    rows = [(f"HS{at:02}", name, "", "hs") for at, name in enumerate(names)]
    report = bring(store, "patrons", one_sheet([PEOPLE, *rows]), tmp_path)
    assert codes(report) == [(21, "uncertain_letters")]
    assert full_names(store) == [row[1] for row in SCHOOL[1:20]]


def test_skips_cells_that_could_be_either_when_a_column_mixes_alphabets(store: Store, tmp_path: Path) -> None:
    mixed = ["Nguyễn Văn An", "Trần Thị Hoa", "NguyÔn V¨n §øc", "TrÇn ThÞ Thuû", "Vò Tó", "Pham An"]
    rows = [(f"HS{at}", name, "", "hs") for at, name in enumerate(mixed)]
    report = bring(store, "patrons", one_sheet([PEOPLE, *rows]), tmp_path)
    assert codes(report) == [(6, "uncertain_letters")]
    assert full_names(store) == [*mixed[:2], "Nguyễn Văn Đức", "Trần Thị Thuỷ", "Pham An"]
    report = bring(store, "patrons", one_sheet([PEOPLE, *rows]), tmp_path, encoding="tcvn3")
    assert (report.exit_code, full_names(store)[4]) == (0, "Vũ Tú")


@pytest.mark.parametrize("name", ["José Saramago", "Antoine de Saint-Exupéry", "Émile Zola", "Tô Hoài", "§ 5 µ"])
def test_leaves_text_as_it_is_when_a_few_letters_are_odd(store: Store, tmp_path: Path, name: str) -> None:
    rows = [("code", "title", "author"), ("D1", "Dế Mèn phiêu lưu ký", name), ("D2", "Café", "Hà")]
    report = bring(store, "titles", one_sheet(rows), tmp_path)
    assert (report.exit_code, notes(report)) == (0, [])
    assert told(store, "title")[0]["author"] == name


@pytest.mark.parametrize("alphabet", Legacy)
def test_imports_nothing_when_there_is_too_little_to_be_sure_and_takes_a_persons_word(
    store: Store, tmp_path: Path, alphabet: Legacy
) -> None:
    raw = people_in(alphabet, [["card", "name", "category"], ["HS1", "Hồ Hà", "hs"]])
    assert codes(bring(store, "patrons", raw, tmp_path)) == [(2, "not_utf8")]
    assert bring(store, "patrons", raw, tmp_path, encoding="utf-8").exit_code == 2
    assert bring(store, "patrons", raw, tmp_path, encoding=alphabet.value).exit_code == 0
    assert full_names(store) == ["Hồ Hà"]


def test_imports_nothing_when_the_bytes_are_no_vietnamese(store: Store, tmp_path: Path) -> None:
    raw = "code,title\nD1,Über die Brücke\nD2,Größe und Höhe\nD3,Mädchen\n".encode("cp1252")
    assert codes(bring(store, "titles", raw, tmp_path)) == [(2, "not_utf8")]


def test_skips_lines_when_excel_put_question_marks_for_letters(store: Store, tmp_path: Path) -> None:
    content = "code,title\nD1,Nguy?n V?n An\nD2,Lê Th?\nD3,Hoa\n"
    report = bring(store, "titles", content, tmp_path)
    assert codes(report) == [(2, "lost_letters"), (3, "lost_letters")]
    bring(store, "titles", "code,title\nD4,Vì sao? Để làm gì?\n", tmp_path)
    assert [one["name"] for one in told(store, "title")] == ["Hoa", "Vì sao? Để làm gì?"]
