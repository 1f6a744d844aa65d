"""The names of settings, what they mean and what they may be, as people say it."""

from central_server.settings import Days, Number, Value
from central_server.web.librarian.words import names
from central_server.web.site import say
from central_server.web.visits import Visit


def of(visit: Visit, name: str, what: Value) -> tuple[str, str]:
    """The name of a setting, and a hint."""
    parts = name.split(".")
    if parts[0] == "limits":
        return _limit(visit, parts[2]), fault(visit, what)
    if parts[0] == "policy":
        return _policy(visit, ".".join(parts[2:-1]), parts[-1]), fault(visit, what)
    label, hint = _of_stations(visit).get(name, (name, ""))
    return label, " ".join(part for part in (hint, fault(visit, what)) if part)


def group(visit: Visit, category: str) -> str:
    """The name of the settings about readers of a category; of "": those of the library and its stations."""
    if not category:
        return say(visit, "Stations and closed days")
    named = names(visit)["category"].get(category, category)
    return say(visit, "What is lent: {category}", category=named)


def choice(visit: Visit, name: str, word: str) -> str:
    """What one of the words of a setting means."""
    return {
        ("session.language", "vi"): "Tiếng Việt",
        ("session.language", "en"): "English",
        ("card_proof", "none"): say(visit, "the card is enough"),
        ("card_proof", "pin"): say(visit, "card and PIN"),
        ("card_proof", "pin_on_camera"): say(visit, "a PIN only when the card was read by the camera"),
        ("self_return", "recorded"): say(visit, "done at once"),
        ("self_return", "to_check"): say(visit, "a librarian looks at the book later"),
    }.get((name, word), word)


def fault(visit: Visit, what: Value) -> str:
    """What a value has to be."""
    match what:
        case Number() if what.or_none:
            return say(
                visit, "A number from {least} to {most}, or none for no limit.", least=what.least, most=what.most
            )
        case Number():
            return say(visit, "A number from {least} to {most}.", least=what.least, most=what.most)
        case Days():
            return say(visit, "Days like 20/11/2026 and spans like 01/02/2027-14/02/2027 with commas between them.")
    return ""


def _limit(visit: Visit, column: str) -> str:
    if column == "per_day":
        return say(visit, "Most books in one day")
    return say(visit, "Most books at once")


def _policy(visit: Visit, item_type: str, column: str) -> str:
    if column == "days":
        return say(visit, "Days of a loan: {type}", type=item_type)
    if column == "limit":
        return say(visit, "Most books of this type: {type}", type=item_type)
    return say(visit, "How often a loan may be renewed: {type}", type=item_type)


def _of_stations(visit: Visit) -> dict[str, tuple[str, str]]:
    return {
        "closed": (
            say(visit, "More closed days"),
            say(visit, "Beside those of the calendar; librarians can change them at the station, too."),
        ),
        "session.language": (say(visit, "Language of the station"), say(visit, "With which a visit begins.")),
        "session.idle_s": (
            say(visit, "Seconds without a touch"),
            say(visit, "After which a visit at the station ends."),
        ),
        "sound.volume": (say(visit, "Loudness"), say(visit, "0 is silent.")),
        "card_proof": (
            say(visit, "What a reader shows"),
            say(visit, "Before anything is lent to them at the station."),
        ),
        "self_return": (
            say(visit, "Returns without a librarian"),
            say(visit, "What happens with a book that a reader returns by themselves."),
        ),
    }
