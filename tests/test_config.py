import subprocess
import sys
from pathlib import Path

import pytest

from kiosk.config import ConfigError, load
from kiosk.domain.code_formats import Unfit

GOOD = """
[station]
library = "hoa-sen"
device = "tram-1"
data = "data"
[codes]
card = '(HS|GV)[0-9]{6}'
item = 'TK\\.[0-9]{5}'
[central]
kind = "native_rest"
url = "http://127.0.0.1:1"
[[scanner]]
kind = "serial"
port = "/dev/ttyACM0"
"""


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "kiosk.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_reads_a_good_file_and_counts_paths_from_its_folder(tmp_path: Path) -> None:
    config = load(written(tmp_path, GOOD))
    assert config.data == tmp_path / "data"
    assert config.session.warn_after_s == 30.0
    assert config.codes.formats().items[0].left_of("TK.00123") == "TK.00123"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("[station]", "[station]\nlibary = 'x'"), 'unknown key "station.libary"; did you mean "station.library"?'),
        (("[codes]", "[codez]"), 'unknown key "codez"; did you mean "codes"?'),
        (("[station]", "[station]\nzzz = 1"), 'unknown key "station.zzz"; it is one of "library"'),
        (('library = "hoa-sen"\n', ""), "library"),
        (('device = "tram-1"', "device = 7"), "device"),
        (("TK\\.[0-9]{5}", "TK("), 'key "codes.item" is not a pattern'),
        (("[codes]", "[codes"), "is not TOML"),
        (("[codes]", '[session]\nlanguage = "fr"\n[codes]'), """key "session.language": 'fr' is unknown"""),
        (("[codes]", "[session]\nwarn_after_s = nan\n[codes]"), 'key "session.warn_after_s"'),
        (("[codes]", '[log]\nlevel = "loud"\n[codes]'), 'key "log.level"'),
    ],
)
def test_refuses_a_bad_key_in_one_sentence(tmp_path: Path, change: tuple[str, str], says: str) -> None:
    assert change[0] in GOOD
    with pytest.raises(ConfigError) as caught:
        load(written(tmp_path, GOOD.replace(*change)))
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


FORMATS = """
[[codes.card]]
prefix = "HS"
length = [6, 8]
[[codes.card]]
pattern = "[0-9]{13}"
check_digit = "luhn"
strip = ["check_digit", "spaces"]
[codes.item]
pattern = 'TK\\.[0-9]{5}'
"""


def with_formats(change: tuple[str, str] = ("", "")) -> str:
    assert change[0] in FORMATS
    codes = GOOD.index("[codes]")
    return GOOD[:codes] + FORMATS.replace(*change) + GOOD[GOOD.index("[central]") :]


def test_reads_several_forms_of_codes(tmp_path: Path) -> None:
    formats = load(written(tmp_path, with_formats())).codes.formats()
    assert [one.left_of("3023400051786 1") for one in formats.cards] == [Unfit.PREFIX, "3023400051786"]
    assert formats.cards[0].left_of("HS0001") == "HS0001"
    assert formats.items[0].left_of("TK.00123") == "TK.00123"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("prefix =", "prefiks ="), 'unknown key "codes.card[1].prefiks"; did you mean "codes.card[1].prefix"?'),
        (("pattern = 'TK", "patern = 'TK"), 'unknown key "codes.item.patern"; did you mean "codes.item.pattern"?'),
        (("[0-9]{13}", "[0-9{13}"), 'key "codes.card[2].pattern" is not a pattern'),
        (('"luhn"', '"lunh"'), """key "codes.card[2].check_digit": 'lunh' is unknown; did you mean "luhn"?"""),
        (('"spaces"]', '"space"]'), """key "codes.card[2].strip": 'space' is unknown; did you mean "spaces"?"""),
        (('"spaces"]', '"prefix"]'), 'codes.card[2]: the key "strip" takes off "prefix", and there is no key "prefix"'),
        (("[6, 8]", "[8, 6]"), 'codes.card[1]: the key "length" has more'),
        (("[6, 8]", "0"), 'key "codes.card[1].length"'),
        (('prefix = "HS"\nlength = [6, 8]', ""), "codes.card[1]: every code would fit"),
        (("[codes.item]\npattern = 'TK\\.[0-9]{5}'", ""), "item"),
        (("[codes.item]\npattern = 'TK\\.[0-9]{5}'", "[codes]\nitem = []"), 'key "codes.item": no code would fit'),
    ],
)
def test_refuses_a_bad_form_of_codes_in_one_sentence(tmp_path: Path, change: tuple[str, str], says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(written(tmp_path, with_formats(change)))
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_says_so_when_the_file_is_missing_or_not_text(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path / "nowhere.toml")
    with pytest.raises(ConfigError, match="is not UTF-8"):
        load(written(tmp_path, b"\xff\xfe"))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (GOOD.replace("[station]", "[station]\nlibary = 'x'"), "did you mean"),
        (GOOD.replace('kind = "serial"', 'kind = "seriel"'), "serial"),
        (GOOD.replace("port =", "prot ="), "port"),
        (GOOD.replace('kind = "native_rest"', 'kind = "native-rest"'), "native_rest"),
        (GOOD.replace("[codes]", '[log]\nfile = "no/where.log"\n[codes]'), 'key "log.file" cannot be written'),
        (GOOD.replace("http://127.0.0.1:1", "http://example.org"), "by https"),
    ],
)
def test_ends_with_status_2_and_a_sentence_for_a_bad_file(tmp_path: Path, text: str, says: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "kiosk", "run", "--config", str(written(tmp_path, text))],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=Path(__file__).parent.parent,
        check=False,
    )
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr
