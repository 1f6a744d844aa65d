"""Comparing words as people write them: without marks, case and punctuation, and guessing what was meant."""

import difflib
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any


def fold(text: str) -> str:
    """`text` for comparing: `"Mã  đầu sách*"` becomes `"ma dau sach"`."""
    plain = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    kept = ("" if unicodedata.combining(letter) else letter if letter.isalnum() else " " for letter in plain)
    return " ".join("".join(kept).split())


def words_of_title(row: Mapping[Any, Any]) -> str:
    """The words by which a title is looked up, each with a blank before it, its name's first: what is sorted by it
    stands as in a dictionary. `row`: of the table `title`."""
    said = (row["title"], row["author"], row["call_number"], row["isbn"] or "", row["code"])
    return "".join(f" {word}" for one in said for word in fold(one).split())


def tidy(text: str) -> str:
    """`text` as it is kept: NFC, blanks of every kind single, none at the ends, no invisible marks."""
    if text.isascii():
        return " ".join(text.split())
    seen = (letter for letter in unicodedata.normalize("NFC", text) if unicodedata.category(letter) != "Cf")
    return " ".join("".join(seen).split())


def meant(word: str, known: Iterable[str]) -> str | None:
    """Which of `known` was probably meant by `word`; `None` when nothing is near."""
    by_fold = {fold(one): one for one in known}
    near = difflib.get_close_matches(fold(word), list(by_fold), n=1, cutoff=0.7)
    return by_fold[near[0]] if near else None
