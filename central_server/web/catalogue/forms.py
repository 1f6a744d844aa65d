"""What the forms of the catalogue share."""

import re
from collections.abc import Mapping

from starlette.datastructures import FormData, UploadFile

from central_server.catalogue.typed import one_line
from central_server.web.site import say, text_of
from central_server.web.visits import Visit
from central_server.wire import Refused

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
MOST_PAGES = 10_000


def word(sentence: str) -> str:
    """A sentence for `say`, written down where it is not said yet."""
    return sentence


_WRONG = {
    "missing": word("This is needed."),
    "control": word("There is a character in it that is no letter."),
    "too_long": word("That is too long."),
    "isbn": word("The check digit of this ISBN is wrong. Look at the book again, or leave it empty."),
    "year": word("A year has four digits, like 2024."),
    "no_number": word("To count on from it, a number must end in digits, like TK.00123."),
    "count": word("From 1 to 500 copies at once."),
    "choice": word("Choose one of these."),
}


def sentences(visit: Visit, wrong: Mapping[str, str]) -> dict[str, str]:
    """What to say beside each field."""
    said = {name: say(visit, _WRONG[code]) for name, code in wrong.items() if code in _WRONG}
    if wrong.get("code") == "taken":
        said["code"] = say(visit, "Another title has this code.")
    if wrong.get("first") == "taken":
        said["first"] = say(visit, "These numbers are taken already: {numbers}.", numbers=wrong["numbers"])
    return said


def an_id(text: str) -> str:
    """`text`, which is an id of ours. Raises `Refused` (404)."""
    if not _ID.fullmatch(text):
        raise Refused(404, "There is no such thing.")
    return text


def words_of(text: str) -> str:
    """What somebody looks for: what is no letter is left out."""
    return one_line(text) or ""


def whole_number(form: FormData, name: str) -> int:
    """A number of at most six digits; 0 for what is none."""
    text = text_of(form, name)
    return int(text) if re.fullmatch(r"[0-9]{1,6}", text) else 0


def file_of(form: FormData, name: str = "file") -> tuple[str, UploadFile] | None:
    """Name and content of the file that was chosen, if one was. It lies on the disk until it is read."""
    file = form.get(name)
    if not isinstance(file, UploadFile) or not file.filename:
        return None
    plain = one_line(re.split(r"[\\/]", file.filename)[-1]) or "file"
    return plain[-200:], file
