"""Run on the other kind of machine: every package of a station that is not only Python does one small thing."""

import importlib
import os

for name in ("KIVY_NO_ARGS", "KIVY_NO_CONFIG", "KIVY_NO_CONSOLELOG"):
    os.environ[name] = "1"
os.environ["KIVY_HOME"] = "/tmp/kivy"

import cv2
import numpy
import sqlcipher3
import zxingcpp
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pyzbar import pyzbar

key = Ed25519PrivateKey.generate()
key.public_key().verify(key.sign(b"a"), b"a")

store = sqlcipher3.connect("/tmp/heavy.db")
store.execute("PRAGMA key = \"x'" + "ab" * 32 + "'\"")
store.execute("CREATE TABLE a (b)")
store.commit()
store.close()
with open("/tmp/heavy.db", "rb") as file:
    assert file.read(6) != b"SQLite"

code = numpy.array(zxingcpp.create_barcode("HS250001", zxingcpp.BarcodeFormat.QRCode).to_image(scale=4))
large = cv2.copyMakeBorder(cv2.resize(code, None, fx=2, fy=2), 40, 40, 40, 40, cv2.BORDER_CONSTANT, value=255)
assert [one.text for one in zxingcpp.read_barcodes(large)] == ["HS250001"]
assert [one.data for one in pyzbar.decode(large)] == [b"HS250001"]

for name in (
    "alembic", "evdev", "http_message_signatures", "kivy.graphics", "kivy.core.text", "msgspec", "reportlab.pdfgen.canvas",
    "requests", "segno", "serial", "sqlalchemy", "kiosk.bootstrap", "screens.app", "local_store", "central_link",
    "devices.scanners.keyboard_scanner", "devices.scanners.camera_scanner", "provisioning.self_update",
):  # fmt: skip
    importlib.import_module(name)
print("every heavy package works")
