"""Finding a reader by name or class, against the plain way to say it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.domain.model import Patron
from kiosk.ports.central import PatronRecord
from kiosk.ports.store import Store
from local_store import open_store
from tests.local_store.shelf import config_in, new_id, new_store

pytestmark = pytest.mark.slow

# Each letter as a Vietnamese keyboard writes it, spelt out: nothing of the store's own folding is used here.
PLAIN = {
    accented: letter
    for letter, all_of_it in {
        "a": "àáảãạăằắẳẵặâầấẩẫậ",
        "d": "đ",
        "e": "èéẻẽẹêềếểễệ",
        "i": "ìíỉĩị",
        "o": "òóỏõọôồốổỗộơờớởỡợ",
        "u": "ùúủũụưừứửữự",
        "y": "ỳýỷỹỵ",
    }.items()
    for accented in all_of_it
}
SYLLABLES = ["An", "Ân", "Ánh", "Đức", "Dung", "Dũng", "Hân", "Hạnh", "Lan", "Nguyễn", "Ng.", "Ứng", "Ưng", "Ý", "Yến"]
CLASSES = ["", "6A", "6A2", "7A1", "10A1", "11 Anh", "Tổ Văn"]
"""In their order."""


def plain(text: str) -> list[str]:
    small = unicodedata.normalize("NFC", text).lower()
    return "".join(PLAIN.get(letter, letter if letter.isalnum() else " ") for letter in small).split()


def is_found(text: str, patron: Patron) -> bool:
    asked, name = plain(text), plain(patron.shown_name)
    by_name = all(any(word[: len(part)] == part for word in name) for part in asked)
    return bool(asked) and (by_name or "".join(asked) == "".join(plain(patron.class_name)))


names = st.lists(st.sampled_from(SYLLABLES), min_size=1, max_size=4).map(" ".join)
patrons = st.lists(st.builds(lambda name, of: _patron(name, of), names, st.sampled_from(CLASSES)), max_size=12)
_parts = st.builds(lambda word, length: word[:length], st.sampled_from(SYLLABLES), st.integers(1, 6))
texts = st.one_of(
    st.lists(_parts, max_size=3).map(" ".join), st.sampled_from(CLASSES), st.sampled_from(["", " . ", "6a 2", "van"])
)
forms = st.sampled_from(["NFC", "NFD"])


def _patron(name: str, class_name: str) -> Patron:
    return Patron(new_id(), name, class_name, "hs", None, False)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = open_store(new_store(config_in(tmp_path_factory.mktemp("finding"))))
    yield store
    store.close()


def found(store: Store, there: list[Patron], text: str, limit: int = 100) -> list[Patron]:
    with store.unit_of_work() as work:  # never committed: the next example finds nobody of this one
        work.apply([PatronRecord(patron, ()) for patron in there], "1")
        return list(work.find_patrons(text, limit))


@settings(deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))
@given(there=patrons, text=texts, form=forms, asked_in=forms, upper=st.booleans(), limit=st.integers(0, 12))
def test_finds_just_those_whose_words_begin_so_or_whose_class_it_is(
    store: Store, there: list[Patron], text: str, form: str, asked_in: str, upper: bool, limit: int
) -> None:
    there = [replace(patron, shown_name=unicodedata.normalize(form, patron.shown_name)) for patron in there]  # type: ignore[arg-type]
    asked = unicodedata.normalize(asked_in, text.upper() if upper else text)  # type: ignore[arg-type]
    all_found = found(store, there, asked)
    assert {patron.id for patron in all_found} == {patron.id for patron in there if is_found(text, patron)}
    assert len(all_found) == len({patron.id for patron in all_found})
    order = [(CLASSES.index(patron.class_name), plain(patron.shown_name)[-1]) for patron in all_found]
    assert all(one <= next_one for one, next_one in pairwise(order))
    assert found(store, there, asked, limit) == all_found[:limit]


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("duc", ["Ng. Đức"]),
        ("ÐUC", ["Ng. Đức"]),  # an old list's Đ, which is another letter
        ("ng an", ["Ng. T. Ân", "Ng. V. An"]),
        ("ân ng", ["Ng. T. Ân", "Ng. V. An"]),
        ("n", ["Ng. T. Ân", "Ng. V. An", "Ng. Đức"]),
        ("10a1", ["Ng. Đức"]),
        ("0a1", []),
        ("ucd", []),
        ("-", []),
        ("%", []),
        ("' OR 1=1", []),
        ("a" * 10_000, []),
    ],
)
def test_finds_as_a_librarian_types(store: Store, text: str, who: list[str]) -> None:
    there = [_patron("Ng. Đức", "10A1"), _patron("Ng. V. An", "6A2"), _patron("Ng. T. Ân", "6A")]
    assert [patron.shown_name for patron in found(store, there, text)] == who
