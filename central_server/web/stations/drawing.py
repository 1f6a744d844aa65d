"""Codes that are shown to a station's scanner: drawn into the page, so that no address leads to them."""

import segno


def qr(text: str) -> str:
    """The address of the picture itself (`data:`), with the white around it that scanners want."""
    return segno.make(text, error="m", micro=False, boost_error=False).svg_data_uri(scale=8, border=4, light="#fff")
