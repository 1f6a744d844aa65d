"""python -m kiosk explain-scan, as a librarian types it, with the station at work beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.__main__ import main
from kiosk.config import load
from kiosk.domain.barcodes import CodeFormats, CodeKind, classify
from kiosk.domain.model import Item, Patron
from kiosk.i18n import Translator
from kiosk.upkeep.explain_scan import explain_scan
from local_store import open_store
from local_store.station import StationStore
from tests.domain.test_code_formats import codes, forms
from tests.local_store.shelf import CATALOGUE

TOML = """
[station]
library = "hoa-sen"
device = "tram-1"
data = "data"
[session]
language = "{language}"
[[codes.card]]
prefix = "HS"
length = 8
[[codes.card]]
pattern = "[0-9]{{4}}"
check_digit = "luhn"
strip = ["check_digit"]
[[codes.item]]
pattern = 'TK\\.[0-9]{{5}}'
strip = ["spaces"]
[[codes.item]]
pattern = '[0-9]{{5}}'
[central]
kind = "simulated"
"""
CITIZEN = "083214000123|320123456|Nguyễn Văn A|01012014|Nam|Ấp 1, Bến Tre|20052023"

Explain = Callable[[str], tuple[int, str]]


@pytest.fixture
def station(tmp_path: Path) -> Path:
    (tmp_path / "kiosk.toml").write_text(TOML.format(language="en"), encoding="utf-8")
    return tmp_path


@pytest.fixture
def explain(station: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Explain]:
    """The station has its store open, as while it runs."""
    running = open_store(StationStore(station / "data", "hoa-sen", "tram-1", 0).config(may_create_key=True))
    with running.unit_of_work() as work:
        work.apply(CATALOGUE, "57")
        work.commit()

    def ask(text: str) -> tuple[int, str]:
        return main(["explain-scan", text, "--config", str(station / "kiosk.toml")]), capsys.readouterr().out

    yield ask
    running.close()


def test_says_whose_card_it_is_as_the_screen_does_and_why_it_is_nothing_else(explain: Explain) -> None:
    assert explain("HS000123") == (
        0,
        'codes.card[1]: "HS000123" is a card number. What is looked up: "HS000123".\n'
        'codes.card[2]: its check digit (luhn) is wrong, it would have to be "5".\n'
        'codes.item[1]: what is left, "HS000123", does not match the pattern TK\\.[0-9]{5}.\n'
        'codes.item[2]: what is left, "HS000123", does not match the pattern [0-9]{5}.\n'
        "It is the card of Ng. T. Lan.\n",
    )


def test_says_which_book_it_is_and_what_is_left_of_the_code(explain: Explain) -> None:
    status, said = explain(" TK. 00001")
    assert status == 0
    assert 'codes.card[1]: it does not begin with "HS".' in said
    assert 'codes.item[1]: "TK. 00001" is a book\'s barcode. What is looked up: "TK.00001".' in said
    assert 'It is the book "Dế mèn phiêu lưu ký".' in said


def test_says_both_when_it_may_be_both(explain: Explain) -> None:
    status, said = explain("00422")
    assert status == 0
    assert 'codes.card[2]: "00422" is a card number. What is looked up: "0042".' in said
    assert 'codes.item[2]: "00422" is a book\'s barcode. What is looked up: "00422".' in said
    assert "So it may be a card and a book" in said
    assert "It is the card of Ng. T. Lan.\nNo book in the store has this barcode.\n" in said


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("HS999999", "No reader in the store has this card number."),
        ("TK.99999", "No book in the store has this barcode."),
        ("HS1", "codes.card[1]: it has 3 characters, not 8."),
        ("9786042134620", "is a publisher's code (ISBN)"),
        ("SGK.1", '"SGK.1" is no code of this library'),
        ("", "This is no code"),
        ("TK.\x00", "This is no code"),
        ("x" * 65, "longer than 64 characters"),
    ],
)
def test_ends_with_1_when_nothing_here_has_the_code(explain: Explain, text: str, says: str) -> None:
    status, said = explain(text)
    assert status == 1
    assert says in said


@pytest.mark.parametrize("text", [CITIZEN, CITIZEN[:13], CITIZEN[22:], "083214000123", "0832 1400 0123"])
def test_never_repeats_a_citizens_code(explain: Explain, text: str) -> None:
    status, said = explain(text)
    assert status == 1
    assert said == (
        "This names a citizen (a citizen card, or a national number): the station forgets it at once, "
        "and it is not repeated here.\n"
    )


def test_speaks_the_stations_language(station: Path, explain: Explain) -> None:
    (station / "kiosk.toml").write_text(TOML.format(language="vi"), encoding="utf-8")
    status, said = explain("TK.00001")
    assert status == 0
    assert "codes.item[1]: “TK.00001” là mã vạch của bản sách. Máy tra trong kho: “TK.00001”.\n" in said
    assert "Đó là cuốn “Dế mèn phiêu lưu ký”.\n" in said


def test_names_the_rule_though_there_is_no_store_yet(station: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain-scan", "TK.00001", "--config", str(station / "kiosk.toml")]) == 1
    said = capsys.readouterr()
    assert "is a book's barcode" in said.out
    assert "The store cannot be read: " in said.err
    assert not (station / "data").exists(), "only the station itself begins a store"
    assert main(["explain-scan", "SGK.1", "--config", str(station / "kiosk.toml")]) == 1
    assert capsys.readouterr().err == "", "for what is no code nothing is looked up"


class Nothing:
    def patron_by_card(self, _number: str) -> Patron | None:
        return None

    def item_by_barcode(self, _barcode: str) -> Item | None:
        return None


@given(st.lists(forms(), max_size=3), st.lists(forms(), max_size=3), codes | st.text(max_size=80))
def test_explains_whatever_comes_as_the_station_takes_it(cards: list, items: list, text: str) -> None:  # type: ignore[type-arg]
    formats = CodeFormats(tuple(cards), tuple(items))
    code = classify(text, formats)
    for language in ("vi", "en"):
        said = "\n".join(explain_scan(text, formats, Nothing, Translator(language)).lines)
        assert said
        assert said.isprintable() or "\n" in said
    assert ("is a card number" in said) == code.may_be(CodeKind.CARD)
    assert ("is a book's barcode" in said) == code.may_be(CodeKind.ITEM)


def test_explains_by_the_formats_of_the_file(station: Path) -> None:
    formats = load(station / "kiosk.toml").codes.formats()
    assert not explain_scan("TK.00001", formats, Nothing, Translator("en")).is_known
