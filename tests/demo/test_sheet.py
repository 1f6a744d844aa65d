"""The printable sheet, rendered as a printer would and read as a camera would."""

from __future__ import annotations

from pathlib import Path

import pypdfium2
import zxingcpp

from demo.sheet import write_sheet


def test_every_card_and_label_on_paper_can_be_read(tmp_path: Path) -> None:
    write_sheet(tmp_path / "sheet.pdf")
    read = [
        [code.text for code in zxingcpp.read_barcodes(page.render(scale=300 / 72).to_pil().convert("L"))]
        for page in pypdfium2.PdfDocument(tmp_path / "sheet.pdf")
    ]
    cards, labels = map(sorted, read)
    assert len(cards) == len(set(cards)) == 8
    assert all(card[:2] in ("HS", "GV") for card in cards)
    assert len(labels) == len(set(labels)) == 27
    assert {label.partition(".")[0] for label in labels} == {"TK", "SGK", "TC", "TT"}
