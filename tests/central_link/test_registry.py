import subprocess
import sys

import pytest

from central_link.native_rest import NativeRestLink
from central_link.registry import make_link
from central_link.simulated import SimulatedCentral


def test_makes_the_link_of_each_kind() -> None:
    native = make_link({"kind": "native_rest", "url": "http://127.0.0.1:1", "batch": 20}, "hoa-sen", "tram-1")
    assert isinstance(native, NativeRestLink)
    assert native.capabilities.batch == 20
    assert isinstance(make_link({"kind": "simulated"}, "hoa-sen", "tram-1"), SimulatedCentral)


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
        ({"kind": "native_rest", "url": "http://example.vn"}, "not signed"),
        ({"kind": "simulated", "url": "x"}, 'unknown key "central.url"'),
    ],
)
def test_refuses_a_table_with_a_sentence(table: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        make_link(table, "hoa-sen", "tram-1")


def test_imports_only_the_kind_that_is_chosen() -> None:
    code = (
        "import sys; from central_link.registry import make_link; make_link({'kind': 'simulated'}, 'a', 'b');"
        "print([name for name in ('requests', 'central_link.native_rest') if name in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert shown.stdout.strip() == "[]"
