"""What a class is called a year later."""

import pytest

from central_server.class_names import has_left, last_grade, left_name, next_name


@pytest.mark.parametrize(
    ("name", "last", "later"),
    [
        ("1A", 5, "2A"),
        ("5A", 5, ""),
        ("01A", 5, "02A"),
        ("05A", 5, ""),
        ("09/1", 12, "10/1"),
        ("Lá A", 5, ""),
        ("5A", 9, "6A"),
        ("9B", 9, ""),
        ("9/2", 12, "10/2"),
        ("10A1", 12, "11A1"),
        ("12A10", 12, ""),
        ("Lớp 5A2", 9, "Lớp 6A2"),
        ("lop 4", 5, "lop 5"),
        ("LỚP 3C", 5, "LỚP 4C"),
        ("Khối 7", 9, "Khối 8"),
        ("6 chuyên Toán 2", 9, "7 chuyên Toán 2"),
        ("Mầm", 5, "Chồi"),
        ("Chồi 2", 5, "Lá 2"),
        ("LÁ 1", 5, ""),
        ("lớp mầm 3", 5, "lớp chồi 3"),
        ("MẦM", 5, "CHỒI"),
        # What is none of these is for a person.
        ("Tổ Toán", 9, None),
        ("13A", 12, None),
        ("0A", 12, None),
        ("100", 12, None),
        ("A1", 9, None),
        ("Cành Lá", 5, None),
        ("Lá cành", 5, None),
        ("", 9, None),
        ("9B · 2026-2027", 9, None),
    ],
)
def test_is_known_from_its_name(name: str, last: int, later: str | None) -> None:
    assert next_name(name, last) == later


def test_leaves_after_the_last_grade_of_the_school() -> None:
    assert last_grade(["1A", "5B"]) == 5
    assert last_grade(["6A", "9B"]) == 9
    assert last_grade(["1A", "7C"]) == 9
    assert last_grade(["10A"]) == 12
    assert last_grade(["Mầm"]) == 12
    assert last_grade(["1A", "5B"], "lower_secondary") == 9
    assert last_grade(["1A", "5B"], "some word") == 5


def test_who_left_is_in_a_class_of_its_own() -> None:
    assert has_left(left_name("9B", "2026-2027"))
    assert not has_left("9B")
