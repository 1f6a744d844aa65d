"""What helps whoever looks after a station from afar, in one small file: logs, figures, settings. Nothing of a reader,
nothing secret, no database.

Everything passes by a rule of what may, not of what may not: settings whose keys are known, log lines that are ours
(and those of systemd itself), of a trace the places in the code without what was in them. What is left is looked
through for what looks like a card, a label, a key, a code or a password.
"""

from __future__ import annotations

import gzip
import io
import json
import platform
import re
import tarfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from kiosk.domain.barcodes import CodeFormats, CodeKind, classify
from kiosk.domain.clock_trust import LIBRARY_TIME, Moment

LARGEST = 1_900_000
"""Bytes of a bundle: a little less than the centre takes."""

_LINE_KEYS = ("at", "level", "from", "says", "act", "ms", "figure", "value", "code")
_CENTRAL_KEYS = ("kind", "url", "ca_file", "batch", "connect_timeout_s", "read_timeout_s")
_SCANNER_KEYS = (
    *("kind", "port", "baud", "end", "silence_ms", "prefix", "suffix", "id", "name", "path"),
    *("device", "width", "height", "fps", "idle_fps", "itf_length", "python"),
)
_SECTIONS: Mapping[str, tuple[str, ...]] = {
    "station": ("library", "device", "data", "place", "brand", "counts_visits"),
    "codes": ("card", "item"),
    "central": _CENTRAL_KEYS,
    "scanner": _SCANNER_KEYS,
    "sound": ("kind", "device", "program", "volume"),
    "screen": ("width", "height", "fullscreen", "motion"),
    "session": ("language", "warn_after_s", "end_after_warning_s"),
    "clock": ("battery_clock",),
    "keep": ("reader_days", "history_days", "reserve_mb", "warn_below_mb"),
    "log": ("level", "file"),
    "backup": ("folder",),
}

_USER_IN_URL = re.compile(r"//[^/\s@\"']*@")
_GROUPS = re.compile(r"\b[0-9A-Za-z]{4,6}(?:-[0-9A-Za-z]{1,6}){3,}\b")
_LONG_KEY = re.compile(r"(?<![\w/+.-])(?:[A-Za-z0-9+][A-Za-z0-9+/]{39,}|[A-Za-z0-9_-]{40,})={0,2}|\b[0-9a-fA-F]{32,}\b")
_MANY_DIGITS = re.compile(r"\d{9,}")
_NAMED_SECRET = re.compile(r"(?i)\b(password|passwd|passphrase|psk|secret|token|private|wifi|ssid)\b\s*[=:]\s*\S+")
_WORD = re.compile(r"[^\s\"'“”()\[\]{},;=<>|]+")
_FRAME = re.compile(r'  File "[^"\n]*", line \d+(, in [\w<>.]+)?')
_RAISED = re.compile(r"([A-Za-z_][\w.]*(?:Error|Exception|Broken|Damaged|Lost|Full|Interrupt|Exit|Warning))\b")
_TIMES = re.compile(r"\d{1,4}[-/:.]\d{1,2}\S*")


@dataclass(frozen=True, slots=True)
class Material:
    """What a bundle is made of, as it is; `lines` of the log, oldest first, and why some are missing (`log_lacks`);
    `settings` as kiosk.toml has them. None: there is none."""

    about: Mapping[str, object]
    status: Mapping[str, object] | None
    check: Mapping[str, object]
    upkeep: Mapping[str, object]
    releases: Mapping[str, object]
    settings: Mapping[str, object] | None
    lines: Sequence[str]
    formats: CodeFormats | None
    log_lacks: str = ""


def about_the_bundle(now: Moment, machine_s: float, version: str) -> dict[str, object]:
    """What made it, and when: by who is believed (null: nobody), and by the machine's own clock, which dates the lines
    of the log (`machine_s`, since 1970)."""
    by_the_machine = datetime.fromtimestamp(machine_s, UTC).astimezone(LIBRARY_TIME)
    made = {
        "time": now.local.isoformat(timespec="seconds") if now.trusted else None,
        "machine_clock": by_the_machine.isoformat(timespec="seconds"),
    }
    return {"version": version, "python": platform.python_version(), "machine": platform.machine(), "made": made}


def make_bundle(material: Material) -> bytes:
    """A .tar.gz of at most LARGEST bytes; the oldest lines of the log are left out where it would be more."""
    clean = Cleaner(material.formats)
    members = {
        "about.json": clean.of({**material.about, "log_lacks": material.log_lacks}),
        "status.json": clean.of(material.status),
        "check.json": clean.of(_without_words_of_settings(material.check)),
        "upkeep.json": clean.of(material.upkeep),
        "releases.json": clean.of(material.releases),
        "settings.json": clean.of(known_settings(material.settings)),
    }
    texts = {name: json.dumps(value, ensure_ascii=False, indent=1) for name, value in members.items()}
    lines = [line for line in (clean_line(one, clean.words) for one in material.lines) if line]
    while True:
        bundle = _pack(texts | {"log.jsonl": "\n".join(lines)})
        if len(bundle) <= LARGEST or not lines:
            return bundle
        lines = lines[(len(lines) + 1) // 2 :]


@dataclass(frozen=True, slots=True)
class Cleaner:
    """Looks through what is left for what looks like a secret or a person's. `formats`: of the library's codes."""

    formats: CodeFormats | None

    def words(self, text: str) -> str:
        text = _USER_IN_URL.sub("//…@", text)
        for secret in (_NAMED_SECRET, _GROUPS, _LONG_KEY, _MANY_DIGITS):
            text = secret.sub("…", text)
        return _WORD.sub(lambda word: "…" if self._is_code(word[0]) else word[0], text) if self.formats else text

    def of(self, value: object) -> object:
        if isinstance(value, str):
            return self.words(value)
        if isinstance(value, Mapping):
            return {self.words(str(key)): self.of(one) for key, one in value.items()}
        if isinstance(value, Sequence):
            return [self.of(one) for one in value]
        return value if value is None or isinstance(value, bool | int | float) else self.words(str(value))

    def _is_code(self, word: str) -> bool:
        if self.formats is None or _TIMES.fullmatch(word):
            return False
        kinds = classify(word.strip(".:!?"), self.formats).kinds | classify(word, self.formats).kinds
        return bool(kinds & {CodeKind.CARD, CodeKind.ITEM, CodeKind.ISBN, CodeKind.CITIZEN_CARD})


def known_settings(settings: Mapping[str, object] | None) -> dict[str, object] | None:
    """Only keys that kiosk.toml knows: whatever else a file or a table holds stays here."""
    if settings is None:
        return None
    return {name: _known(settings[name], keys) for name, keys in _SECTIONS.items() if name in settings}


def _known(section: object, keys: tuple[str, ...]) -> object:
    if isinstance(section, Mapping):
        return {key: section[key] for key in keys if key in section}
    return [_known(one, keys) for one in section] if isinstance(section, list) else None


def _without_words_of_settings(check: Mapping[str, object]) -> Mapping[str, object]:
    """What is wrong with kiosk.toml is told with words out of it."""
    parts = check.get("parts")
    if not isinstance(parts, Mapping) or not isinstance(settings := parts.get("settings"), Mapping):
        return check
    return {**check, "parts": {**parts, "settings": {"state": settings.get("state")}}}


def clean_line(line: str, clean: Callable[[str], str]) -> str | None:
    """A line of the log as it may go out; None for one that is not ours."""
    try:
        told = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(told, dict) or not isinstance(told.get("says"), str):
        return None
    kept: dict[str, object] = {}
    for key in _LINE_KEYS:
        value = told.get(key)
        if isinstance(value, str):
            kept[key] = clean(value)
        elif isinstance(value, int | float):
            kept[key] = value
    if isinstance(told.get("trace"), str):
        kept["trace"] = list(_places(told["trace"]))
    return json.dumps(kept, ensure_ascii=False)


def _places(trace: str) -> Iterator[str]:
    """Where, and what kind of error: an error's own words may hold what it was about."""
    for line in trace.splitlines():
        if frame := _FRAME.match(line):
            yield frame[0]
        elif not line.startswith(" ") and (raised := _RAISED.match(line)):
            yield raised[1]


def _pack(members: Mapping[str, str]) -> bytes:
    """The same content makes the same bytes."""
    packed = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for name, text in members.items():
            content = text.encode()
            entry = tarfile.TarInfo(f"support/{name}")
            entry.size, entry.mode = len(content), 0o600
            archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def newest(lines: Iterable[str], most_bytes: int) -> list[str]:
    """The last of `lines` that fit into so many bytes."""
    kept: list[str] = []
    size = 0
    for line in reversed(list(lines)):
        size += len(line) + 1
        if size > most_bytes:
            break
        kept.append(line)
    return kept[::-1]
