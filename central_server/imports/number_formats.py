"""Numbers as Excel shows them, as far as codes and names are concerned."""

import re

_TOKEN = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]|.')
_LITERALS = set('"\\ -/():+')
_MOST_DIGITS = 15  # Excel keeps no more of a number.
_LONGEST_FORMAT = 100


def plain(value: str) -> str:
    """The number of a cell's XML (`250001.0`, `2.5E5`) as a person writes it. Raises `ValueError`."""
    if re.fullmatch(r"-?[0-9]+", value) and len(value) <= _MOST_DIGITS:
        return str(int(value))
    number = float(value)
    if number.is_integer() and abs(number) < 10**_MOST_DIGITS:
        return str(int(number))
    return f"{number:.{_MOST_DIGITS}g}"


def padded(digits: str, number_format: str) -> str | None:
    """`digits` in a format that fixes how many are shown: `123` in `000000` is `000123`, in `"HS"0000` `HS0123`.

    `None` when the format (`General`, `0`, `#,##0` …) says nothing of zeros in front.
    """
    if len(number_format) > _LONGEST_FORMAT:
        return None
    tokens = [one for one in _TOKEN.findall(number_format.split(";")[0]) if one[0] not in "_*["]
    places = [at for at, token in enumerate(tokens) if token in ("0", "#", "?")]
    zeros = tokens.count("0")
    known = all(at in places or token[0] in _LITERALS for at, token in enumerate(tokens))
    if not digits.isdigit() or not known or zeros < 2:
        return None
    left, shown = digits.rjust(zeros, "0"), ""
    for at, token in reversed(list(enumerate(tokens))):
        if at not in places:
            shown = token.strip('"').removeprefix("\\") + shown
        elif at == places[0]:
            shown = left + shown
        else:
            left, shown = left[:-1], left[-1:] + shown
    return shown
