"""The catalogues: complete, in step with the code, and kind."""

from __future__ import annotations

import ast
import re
import shutil
import string
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from kiosk.i18n import DOMAIN, LOCALE, NoCatalogue, Translator, own_name

ROOT = LOCALE.parents[1]
SPOKEN_IN = ("kiosk", "devices", "screens", "provisioning")
METHODS = {"text": None, "plural": (1, 2), "in_context": ((1, "c"), 2)}

Id = tuple[str | None, str | tuple[str, ...]]

SCOLDING = ("không được phép", "sai", "lỗi", "cấm", "phạt", "vi phạm", "không hợp lệ", "từ chối", "thất bại")


def catalogue(language: str) -> Catalog:
    with (LOCALE / language / "LC_MESSAGES" / f"{DOMAIN}.po").open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def entries(language: str) -> list[Message]:
    return [message for message in catalogue(language) if message.id]


def ids_in_code() -> set[Id]:
    found: set[Id] = set()
    for folder in SPOKEN_IN:
        for _, _, message, _, context in extract_from_dir(ROOT / folder, [("**.py", "python")], keywords=METHODS):
            found.add((context, message))
    return found


def named(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def strings(message: Message) -> tuple[str, ...]:
    return message.string if isinstance(message.string, tuple) else (message.string,)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_catalogue_holds_what_the_code_says_and_nothing_else(language: str) -> None:
    said = ids_in_code()
    assert len(said) > 100
    assert {(message.context, message.id) for message in entries(language)} == said
    assert not catalogue(language).obsolete


def calls() -> Iterator[tuple[str, ast.Call]]:
    for folder in SPOKEN_IN:
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in METHODS:
                    yield f"{path.name}:{node.lineno}", node


def test_every_sentence_in_the_code_can_be_extracted() -> None:
    found = list(calls())
    assert len(found) > 100
    for where, call in found:
        needed = 1 if isinstance(call.func, ast.Attribute) and call.func.attr == "text" else 2
        for argument in call.args[:needed]:
            assert isinstance(argument, ast.Constant), where
            assert isinstance(argument.value, str), where


def test_every_value_that_a_sentence_names_is_given() -> None:
    for where, call in calls():
        given = {keyword.arg for keyword in call.keywords}
        if isinstance(call.func, ast.Attribute) and call.func.attr == "plural":
            given.add("n")
        asked = {name for argument in call.args if isinstance(argument, ast.Constant) for name in named(argument.value)}
        assert asked <= given, where


def test_everything_is_said_in_vietnamese() -> None:
    for message in entries("vi"):
        assert not message.fuzzy
        assert all(strings(message)), message.id


def test_english_writes_its_plurals_and_takes_the_rest_from_the_code() -> None:
    for message in entries("en"):
        assert not message.fuzzy
        if isinstance(message.id, tuple):
            assert message.string == message.id
        else:
            assert not message.string


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_translation_names_the_same_values(language: str) -> None:
    for message in entries(language):
        forms = message.id if isinstance(message.id, tuple) else (message.id,)
        for translation in filter(None, strings(message)):
            left_out = {"n"} if language == "en" else set()  # "once" says 1 by itself
            assert named(forms[-1]) - left_out <= named(translation) <= named(forms[-1]), message.id


@pytest.mark.parametrize("language", ["vi", "en"])
def test_letters_are_composed(language: str) -> None:
    text = (LOCALE / language / "LC_MESSAGES" / f"{DOMAIN}.po").read_text("utf-8")
    assert unicodedata.is_normalized("NFC", text)


def test_english_has_no_vietnamese_letter() -> None:
    for _, message in ids_in_code():
        for form in (message,) if isinstance(message, str) else message:
            assert not re.search(r"[^\x20-\x7e“”’·…]", form), form


def test_no_sentence_scolds() -> None:
    for message in entries("vi"):
        for sentence in strings(message):
            for word in SCOLDING:
                assert not re.search(rf"\b{word}\b", sentence.lower()), sentence
            assert "!" not in sentence or sentence.startswith(("Chào", "Xong rồi")), sentence


def test_a_value_is_never_taken_for_a_sentence(words: Mapping[str, Translator]) -> None:
    assert words["vi"].text("Hello {name}!", name="{name} {0} %s") == "Chào {name} {0} %s!"


def test_what_comes_out_is_composed(words: Mapping[str, Translator]) -> None:
    assert words["vi"].text("Hello {name}!", name=unicodedata.normalize("NFD", "Ngọc Ánh")) == "Chào Ngọc Ánh!"


def test_the_number_chooses_the_form(words: Mapping[str, Translator]) -> None:
    def taken(language: str, n: int) -> str:
        return words[language].plural("Done, take {n} book", "Done, take {n} books", n)

    assert [taken("en", n) for n in (1, 2)] == ["Done, take 1 book", "Done, take 2 books"]
    assert [taken("vi", n) for n in (1, 2)] == ["Xong, mượn 1 cuốn", "Xong, mượn 2 cuốn"]


def test_refuses_a_language_without_a_catalogue(words: Mapping[str, Translator]) -> None:
    for language in ("fr", "", "..", "vi/"):
        with pytest.raises(NoCatalogue, match=r"no catalogue for the language .*there are: en, vi"):
            Translator(language, words["vi"].folder)


def test_says_what_to_run_when_a_catalogue_is_not_compiled(tmp_path: Path) -> None:
    folder = tmp_path / "vi" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    shutil.copy(LOCALE / "vi" / "LC_MESSAGES" / f"{DOMAIN}.po", folder)
    with pytest.raises(NoCatalogue, match="script/setup"):
        Translator("vi", tmp_path)


def test_a_language_is_called_by_its_own_name() -> None:
    assert own_name("vi") == "Tiếng Việt"
    assert own_name("en") == "English"
    assert own_name("km") == "km"
