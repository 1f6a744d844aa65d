"""What a MARC 21 record says of a title and its items, and a title as such a record: the table of docs/import.md.

Our own records are read to the letter. In those of others the punctuation of ISBD is taken off, and the code of the
title is made of what names the record there, so that the same file again is the same titles.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pymarc import Field, Indicators, Record, Subfield

from central_server.imports.titles import is_isbn, plain_isbn
from central_server.imports.words import fold, tidy

# What field 003 of our own records begins with; the library's code follows.
_OURS = "TramXanh-"
STATUSES = ("available", "damaged", "lost", "withdrawn")
SOURCES = ("budget", "donation", "project", "exchange", "other")
_LEADER = "00000nam a2200000 a 4500"
# ISO 2709 counts a record's bytes with five digits.
_MOST_BYTES = 90_000
_MOST_AUTHORS = 5
_NON_SORTING = re.compile("[\x80-\x9f]")
_YEAR = re.compile(r"(?<![0-9])(1[4-9][0-9]{2}|20[0-9]{2})(?![0-9])")
_ISBN = re.compile(r"[0-9][0-9\s\-‐‑–]{7,20}[0-9Xx]")


@dataclass(frozen=True, slots=True)
class Held:
    """`None`: the record does not say it."""

    barcode: str
    status: str | None = None
    in_house_only: bool | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Described:
    """`values`: of the columns of titles, as far as the record has them. `is_own`: this very library wrote it.
    `is_named`: the record has a name of its own, rather than one made of what is in it."""

    values: dict[str, str]
    items: list[Held]
    is_own: bool
    is_named: bool
    nameless_items: int


def describe(record: Record, library: str) -> Described:
    """What `record` says, for `library`."""
    origin, number = _control(record, "003"), _control(record, "001")
    exact = origin.startswith(_OURS) and number != ""
    values = _exact(record) if exact else _cleaned(record)
    items, nameless = _items(record, exact)
    is_own = exact and origin == _OURS + library
    if is_own:
        values["code"] = number
        return Described(values, items, True, True, nameless)
    if not exact and not number:
        number = _first(record, "999", "c")  # Koha
    values["code"] = _code(origin, number, values)
    return Described(values, items, False, number != "", nameless)


def record_of(library: str, title: Mapping[str, Any], items: Sequence[Mapping[str, Any]]) -> Iterator[Record]:
    """A title with its items as rows have them: one record, or several when there are too many items for one."""
    record = _record(library, title)
    size = len(record.as_marc())
    for placed, item in enumerate(items):
        field = _field_of(item, title)
        more = len(field.as_marc("utf-8")) + 12
        if placed and size + more > _MOST_BYTES:
            yield record
            record = _record(library, title)
            size = len(record.as_marc())
        record.fields.append(field)
        size += more
    if not items and title["shelf"]:
        record.fields.append(_data("852", ("c", title["shelf"])))
    yield record


# --- out


def _record(library: str, title: Mapping[str, Any]) -> Record:
    record = Record(leader=_LEADER, force_utf8=True)
    record.fields += [Field(tag="001", data=title["code"]), Field(tag="003", data=_OURS + library)]
    if title["isbn"]:
        record.fields.append(_data("020", ("a", title["isbn"])))
    if title["call_number"]:
        record.fields.append(_data("090", ("a", title["call_number"])))
    if title["author"]:
        record.fields.append(_data("100", ("a", title["author"]), first="1"))
    record.fields.append(_data("245", ("a", title["title"]), first="1" if title["author"] else "0", second="0"))
    published = (("b", title["publisher"]), ("c", str(title["year"] or "")))
    if any(value for _code, value in published):
        record.fields.append(_data("264", *published, second="1"))
    if title["item_type"]:
        record.fields.append(_data("942", ("c", title["item_type"])))
    return record


def _field_of(item: Mapping[str, Any], title: Mapping[str, Any]) -> Field:
    said = [("c", title["shelf"]), ("p", item["barcode"]), ("q", item["status"])]
    said += [("7", "1" if item["in_house_only"] else "0"), ("9", item["source"] or "")]
    return _data("852", *said)


def _data(tag: str, *pairs: tuple[str, str], first: str = " ", second: str = " ") -> Field:
    subfields = [Subfield(code, value) for code, value in pairs if value]
    return Field(tag=tag, indicators=Indicators(first, second), subfields=subfields)


# --- in


def _exact(record: Record) -> dict[str, str]:
    return {
        "title": _first(record, "245", "a"),
        "author": _first(record, "100", "a"),
        "publisher": _first(record, "264", "b"),
        "year": _first(record, "264", "c"),
        "isbn": _first(record, "020", "a"),
        "call_number": _first(record, "090", "a"),
        "shelf": _first(record, "852", "c"),
        "item_type": _first(record, "942", "c"),
    }


def _cleaned(record: Record) -> dict[str, str]:
    """Only what the record has: a title that is known keeps the rest."""
    said = {
        "title": _title(record),
        "author": _author(record),
        "publisher": _clean(_first(record, "264", "b") or _first(record, "260", "b")),
        "year": _year(record),
        "isbn": _isbn(record),
        "call_number": _call_number(record),
        "shelf": _first(record, "952", "c") or _first(record, "852", "c"),
        "item_type": _first(record, "942", "c") or _first(record, "952", "y"),
    }
    return {name: value for name, value in said.items() if value or name == "title"}


def _title(record: Record) -> str:
    title = ""
    for field in record.get_fields("245"):
        for one in field.subfields:
            part = _clean(_plain(one.value))
            joint = {"a": " ", "b": " : ", "n": ". ", "p": ", " if title.endswith(tuple("0123456789")) else ". "}
            if part and one.code in joint:
                title += (joint[one.code] if title else "") + part
        break
    return title


def _author(record: Record) -> str:
    main = [_clean(_plain(one)) for tag in ("100", "110", "111") for one in _values(record, tag, "a")]
    more = [_clean(_plain(one)) for tag in ("700", "710") for one in _values(record, tag, "a")]
    names = list(dict.fromkeys(name for name in [*main, *more] if name))
    return "; ".join(names[:_MOST_AUTHORS]) or _clean(_first(record, "245", "c"))


def _year(record: Record) -> str:
    for text in (_first(record, "264", "c"), _first(record, "260", "c"), _control(record, "008")[7:11]):
        if found := _YEAR.search(text):
            return found[1]
    return ""


def _isbn(record: Record) -> str:
    """The first one that is right, or else the first: the report says what is wrong with it."""
    found = [plain_isbn(match[0]) for one in _values(record, "020", "a") if (match := _ISBN.search(one))]
    return next((one for one in found if is_isbn(one)), found[0] if found else "")


def _call_number(record: Record) -> str:
    for tag, codes, between in (("090", "ab", " "), ("952", "o", " "), ("852", "khim", " "), ("082", "ab", " / ")):
        for field in record.get_fields(tag):
            parts = [_plain(one.value) for one in field.subfields if one.code in codes]
            if any(parts):
                return between.join(filter(None, parts))
    return _first(record, "084", "a")


def _items(record: Record, exact: bool) -> tuple[list[Held], int]:
    """The items, each once, and how many have no number."""
    items: dict[str, Held] = {}
    nameless = 0
    for field in record.get_fields("852", "952"):
        numbers = [_plain(one) for one in field.get_subfields("p")]
        if not any(numbers):
            # 852 alone may say where a title stands.
            nameless += field.tag == "952"
        for number in filter(None, numbers):
            items.setdefault(number, _item(number, field, exact))
    return list(items.values()), nameless


def _item(number: str, field: Field, exact: bool) -> Held:
    def one(code: str) -> str:
        return _plain(field.get(code) or "")

    if exact:
        status, source = one("q"), one("9")
        return Held(
            number, status if status in STATUSES else None, one("7") == "1", source if source in SOURCES else ""
        )
    if field.tag == "852":
        return Held(number)
    # Koha: 0 is no, and -1 “on order”.
    said = {code: one(code) for code in "0147"}
    is_so = {code: value not in ("", "0") and not value.startswith("-") for code, value in said.items()}
    status = "withdrawn" if is_so["0"] else "lost" if is_so["1"] else "damaged" if is_so["4"] else "available"
    is_said = any(said[code] for code in "014")
    return Held(number, status if is_said else None, is_so["7"] if said["7"] else None)


def _code(origin: str, number: str, values: Mapping[str, str]) -> str:
    """What names the title here: the name of the record there, or else made of what it says, the same every time."""
    if number:
        code = f"{origin}-{number}" if origin else number
    elif is_isbn(values.get("isbn", "")):
        code = f"ISBN-{values['isbn']}"
    else:
        code = "M-" + _mark(fold(f"{values.get('title')} | {values.get('author', '')} | {values.get('year', '')}"))
    code = tidy(code)
    return code if len(code) <= 64 else "M-" + _mark(code)


def _mark(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _control(record: Record, tag: str) -> str:
    found = next(iter(record.get_fields(tag)), None)
    return _plain(str(found.data or "")) if found is not None and found.control_field else ""


def _first(record: Record, tag: str, code: str) -> str:
    return next((value for one in _values(record, tag, code) if (value := _plain(one))), "")


def _values(record: Record, tag: str, code: str) -> Iterable[str]:
    return (value for field in record.get_fields(tag) for value in field.get_subfields(code))


def _plain(text: str) -> str:
    """Without the marks around what is not sorted by."""
    return tidy(_NON_SORTING.sub("", text))


def _clean(text: str) -> str:
    """Without the punctuation that ISBD puts between parts."""
    text = re.sub(r"^[\s/:;,=]+|[\s/:;,=]+$", "", text)
    return re.sub(r"(?<=\w\w)\.$", "", text)
