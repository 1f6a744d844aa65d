"""What was found in all parts of a station, as one answer."""

from __future__ import annotations

from collections.abc import Sequence

from kiosk.domain.findings import Finding, State
from kiosk.i18n import Translator


def can_lend(found: Sequence[Finding]) -> bool:
    return all(finding.state is not State.BAD for finding in found)


def what(finding: Finding, words: Translator) -> str:
    return " · ".join(filter(None, (words.say(finding.head), words.say(finding.detail))))


def as_json(found: Sequence[Finding]) -> dict[str, object]:
    """In English, whatever is spoken: machines compare words."""
    english = Translator("en")
    parts = {
        finding.part.value: {
            "state": finding.state.value,
            "what": what(finding, english),
            "do": english.say(finding.do),
            "facts": dict(finding.facts),
        }
        for finding in found
    }
    return {"can_lend": can_lend(found), "parts": parts}
