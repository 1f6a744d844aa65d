"""Finding a title by words of its name, against the plain way to say it, and what the library has of it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.domain.model import ItemStatus
from kiosk.ports.central import Gone, TitleRecord
from kiosk.ports.store import Store
from local_store import open_store
from tests.contracts.store_station import Station
from tests.contracts.test_finding_readers import forms, plain, texts
from tests.contracts.test_finding_readers import names as made_names
from tests.local_store.shelf import CATALOGUE, ITEMS, TITLE, config_in, item_shown, lend, new_id, new_store, take_back

NAMES = ["Dế Mèn phiêu lưu ký", "Đất rừng phương Nam", "Toán 6, tập 1", "Toán 6 (tập 2)", "1984", "Tắt đèn", "…"]


def titled(name: str) -> TitleRecord:
    return TitleRecord(new_id(), name, "Tô Hoài", None, "895.92", "Kệ 3")


def found(store: Store, there: list[TitleRecord], text: str, limit: int = 100) -> list[TitleRecord]:
    with store.unit_of_work() as work:  # never committed: the next example finds none of this one
        work.apply(there, "1")
        return list(work.find_titles(text, limit))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = open_store(new_store(config_in(tmp_path_factory.mktemp("finding"))))
    yield store
    store.close()


@pytest.mark.slow
@settings(deadline=None, max_examples=100, suppress_health_check=list(HealthCheck))
@given(there=st.lists(made_names, max_size=12), text=texts, form=forms, asked_in=forms, limit=st.integers(0, 12))
def test_finds_just_those_whose_words_begin_so(
    store: Store, there: list[str], text: str, form: str, asked_in: str, limit: int
) -> None:
    titles = [titled(unicodedata.normalize(form, name)) for name in there]  # type: ignore[arg-type]
    asked = unicodedata.normalize(asked_in, text)  # type: ignore[arg-type]
    all_found = found(store, titles, asked)

    def is_found(name: str) -> bool:
        return bool(plain(text)) and all(any(word.startswith(part) for word in plain(name)) for part in plain(text))

    assert sorted(title.id for title in all_found) == sorted(title.id for title in titles if is_found(title.name))
    order = [(not plain(title.name)[0].startswith(plain(text)[0]), plain(title.name)) for title in all_found]
    assert order == sorted(order)
    assert found(store, titles, asked, limit) == all_found[:limit]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("de men", NAMES[:1]),
        ("dế", [NAMES[0], NAMES[5]]),  # also "đèn", as everywhere without accents
        ("d", [NAMES[1], NAMES[0], NAMES[5]]),  # those that begin so, then "Tắt đèn"
        ("toan 6 2", [NAMES[3]]),
        ("toán", NAMES[2:4]),
        ("198", ["1984"]),
        ("en", []),
        ("phieu men", NAMES[:1]),
        ("…", []),
        ("", []),
        ("%", []),
        ("' OR 1=1", []),
    ],
)
def test_finds_as_a_librarian_types(station: Station, text: str, names: list[str]) -> None:
    assert [title.name for title in found(station.store, [titled(name) for name in NAMES], text)] == names


def test_finds_what_a_title_is_called_now(station: Station) -> None:
    station.apply(TITLE)
    station.apply(replace(TITLE, name="Đất rừng phương Nam"), cursor="2")
    with station.store.unit_of_work() as work:
        assert (list(work.find_titles("de men", 9)), [one.id for one in work.find_titles("dat", 9)]) == ([], [TITLE.id])
    station.apply(Gone("title", TITLE.id), cursor="3")
    with station.store.unit_of_work() as work:
        assert list(work.find_titles("dat", 9)) == []


def test_tells_every_item_of_a_title_and_which_is_on_loan(station: Station) -> None:
    other = replace(ITEMS[0], id=new_id(), title_id=new_id(), barcode="TK.00000")  # its title has not come
    lost = replace(ITEMS[5], status=ItemStatus.LOST)
    station.apply(*CATALOGUE, other, lost)
    with station.store.unit_of_work() as work:
        loan, _ = lend(work, ITEMS[1])
        lend(work, ITEMS[2])
        take_back(work, ITEMS[1], loan)
        items = [*ITEMS[:5], lost]
        assert work.items_of_title(TITLE.id) == [(item_shown(one), one is ITEMS[2]) for one in items]
        (one, is_lent), *more = work.items_of_title(other.title_id)
        assert ((one.barcode, one.name, is_lent), more) == (("TK.00000", "", False), [])
        assert work.items_of_title("none") == []
