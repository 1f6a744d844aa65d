import subprocess
import sys
from pathlib import Path

import pytest

from central_link.native_rest import NativeRestLink
from central_link.registry import StationFiles, make_link
from central_link.simulated import SimulatedCentral

FILES = StationFiles(Path("/somewhere"), Path("/somewhere/data"))


def test_makes_the_link_of_each_kind() -> None:
    native = make_link({"kind": "native_rest", "url": "http://127.0.0.1:1", "batch": 20}, "hoa-sen", "tram-1", FILES)
    assert isinstance(native, NativeRestLink)
    assert native.capabilities.batch == 20
    assert isinstance(make_link({"kind": "simulated"}, "hoa-sen", "tram-1", FILES), SimulatedCentral)


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ({}, 'key "central.kind" is missing: it is one of "native_rest", "simulated"'),
        ({"kind": 3}, "3 is unknown"),
        ({"kind": "native-rest"}, 'did you mean "native_rest"'),
        ({"kind": "kohaaaa"}, "'kohaaaa' is unknown; it is one of"),
        ({"kind": "native_rest", "ulr": "http://127.0.0.1"}, 'unknown key "central.ulr"; did you mean "central.url"'),
        (
            {"kind": "native_rest", "url": "http://127.0.0.1", "read_timeout": 3},
            'did you mean "central.read_timeout_s"',
        ),
        ({"kind": "native_rest", "url": "http://127.0.0.1", "library_id": "x"}, 'unknown key "central.library_id"'),
        ({"kind": "native_rest"}, "missing required field `url`"),
        ({"kind": "native_rest", "url": 3}, 'key "central.url": Expected `str`, got `int`'),
        ({"kind": "native_rest", "url": "http://127.0.0.1", "read_timeout_s": "3"}, "Expected `float`"),
        ({"kind": "native_rest", "url": "http://127.0.0.1", "read_timeout_s": 0}, "read_timeout_s"),
        ({"kind": "native_rest", "url": "http://127.0.0.1", "batch": 501}, "batch"),
        ({"kind": "native_rest", "url": "http://example.vn"}, "by https"),
        ({"kind": "native_rest", "url": "https://a", "ca_file": "x.pem"}, "/somewhere/x.pem cannot be read"),
        ({"kind": "native_rest", "url": "https://a", "ca_file": 3}, 'key "central.ca_file"'),
        ({"kind": "native_rest", "url": "https://a", "key_folder": "x"}, 'unknown key "central.key_folder"'),
        ({"kind": "simulated", "url": "x"}, 'unknown key "central.url"'),
    ],
)
def test_refuses_a_table_with_a_sentence(table: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        make_link(table, "hoa-sen", "tram-1", FILES)


@pytest.mark.parametrize("table", [{"kind": "simulated"}, {"kind": "native_rest", "url": "https://example.vn"}])
def test_imports_what_is_dear_only_when_it_speaks(table: dict[str, str]) -> None:
    """The first frame waits for the link to be made."""
    code = (
        "import sys; from pathlib import Path; from central_link.registry import StationFiles, make_link;"
        f"make_link({table!r}, 'a', 'b', StationFiles(Path(), Path()));"
        "print([name for name in ('requests', 'urllib3', 'cryptography', 'http_message_signatures', 'ssl')"
        " if name in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert shown.stdout.strip() == "[]"
