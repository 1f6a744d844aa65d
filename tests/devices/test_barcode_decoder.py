from __future__ import annotations

import numpy as np
import pytest
import segno
from zxingcpp import BarcodeFormat

from demo.camera_pictures import Gray, barcode, scene
from devices.scanners import barcode_decoder
from devices.scanners.barcode_decoder import _by_zbar, _by_zxing, decode
from devices.scanners.reading import Reading, Symbology

CODES = [
    ("TK.00123", BarcodeFormat.Code128, Reading("TK.00123", Symbology.CODE_128)),
    ("PM-002774", BarcodeFormat.Code39, Reading("PM-002774", Symbology.CODE_39)),
    ("978604123456", BarcodeFormat.EAN13, Reading("9786041234567", Symbology.EAN_13)),
    ("A0012345B", BarcodeFormat.Codabar, Reading("0012345", Symbology.CODABAR)),
    ("HS250001", BarcodeFormat.QRCode, Reading("HS250001", Symbology.QR)),
    ("đkcb Ắ|x", BarcodeFormat.QRCode, Reading("đkcb Ắ|x", Symbology.QR)),
]


@pytest.mark.parametrize(("content", "kind", "reading"), CODES)
@pytest.mark.parametrize(
    "view",
    [{}, {"turned": 8.0, "noise": 6.0}, {"tilted": 0.12, "blurred": 0.8, "noise": 4.0}, {"turned": 180.0}],
    ids=["upright", "turned", "tilted", "upside down"],
)
def test_reads_every_kind_of_code_as_a_hand_holds_it(
    content: str, kind: BarcodeFormat, reading: Reading, view: dict[str, float]
) -> None:
    assert decode(scene(barcode(content, kind, 4), **view)) == [reading]  # type: ignore[arg-type]


@pytest.mark.parametrize(("content", "kind", "reading"), CODES)
def test_reads_a_code_that_stands_on_its_side(content: str, kind: BarcodeFormat, reading: Reading) -> None:
    assert decode(np.rot90(scene(barcode(content, kind)))) == [reading]  # type: ignore[arg-type]


def test_leaves_to_the_second_decoder_only_what_the_first_does_not_read() -> None:
    on_its_side: Gray = np.ascontiguousarray(np.rot90(scene(barcode("TK.00123"))))
    assert _by_zxing(on_its_side) == []
    assert _by_zbar(on_its_side) == [Reading("TK.00123", Symbology.CODE_128)]
    citizen_card = barcode("083214000123|320123456|Á|01012014|Nam|Bến Tre|20052023", BarcodeFormat.QRCode)
    assert _by_zbar(scene(citizen_card)) == []


def test_reads_several_codes_of_one_picture() -> None:
    found = decode(scene(barcode("TK.00123"), barcode("978604123456", BarcodeFormat.EAN13)))
    assert sorted(found) == [("9786041234567", Symbology.EAN_13), ("TK.00123", Symbology.CODE_128)]


@pytest.mark.parametrize("kind", [BarcodeFormat.ITF, BarcodeFormat.EAN8])
def test_reads_no_kind_of_code_that_a_library_does_not_use(kind: BarcodeFormat) -> None:
    content = "12345678" if kind == BarcodeFormat.ITF else "1234567"
    assert decode(scene(barcode(content, kind))) == []


@pytest.mark.parametrize(
    ("text", "alphabet"), [("Nguyễn Văn An", "utf-8"), ("図書館のカード", "shift_jis"), ("Lê Hà", "latin-1")]
)
def test_reads_text_in_another_alphabet_as_it_was_most_likely_meant(text: str, alphabet: str) -> None:
    rows = segno.make_qr(text, encoding=alphabet, mode="byte").matrix_iter(scale=4, border=4)
    picture = np.array([[0 if dark else 255 for dark in row] for row in rows], np.uint8)
    assert decode(picture) == [Reading(text, Symbology.QR)]


def test_makes_some_letter_of_each_byte_that_is_not_text() -> None:
    assert decode(barcode(b"\xff\x00\xfe", BarcodeFormat.QRCode)) == [Reading("ÿ\x00þ", Symbology.QR)]


@pytest.mark.parametrize("shape", [(0, 5), (5, 0), (1, 1), (1, 4000), (4000, 1), (3, 2), (101, 333)])
def test_finds_nothing_in_a_picture_of_nothing_whatever_its_size(shape: tuple[int, int]) -> None:
    assert decode(np.zeros(shape, np.uint8)) == []
    assert decode(np.random.default_rng(1).integers(0, 255, shape, np.uint8)) == []


def test_believes_no_ean_13_of_which_only_one_band_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    picture = scene(barcode("978604123456", BarcodeFormat.EAN13, 4))
    rows, columns = np.nonzero(picture < 50)
    middle = int(rows.mean())
    other = picture[:, ::-1].copy()  # bars as well, and no code that anybody reads
    random = np.random.default_rng(3)
    other[rows.min() : rows.max(), columns.min() : columns.max()] = random.choice(
        [0, 255], (columns.max() - columns.min()) // 4 + 1
    ).repeat(4)[: columns.max() - columns.min()]
    other[middle - 4 : middle + 4] = picture[middle - 4 : middle + 4]
    assert decode(picture) == [Reading("9786041234567", Symbology.EAN_13)]
    assert decode(other) == []
    monkeypatch.setattr(barcode_decoder, "_sure", lambda readings, _view: readings)
    assert decode(other) == [Reading("9786041234567", Symbology.EAN_13)]
