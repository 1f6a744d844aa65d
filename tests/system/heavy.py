"""Run on the other kind of machine: every package of a station that is not only Python does one small thing."""

import importlib
import os
import tempfile

for name in ("KIVY_NO_ARGS", "KIVY_NO_CONFIG", "KIVY_NO_CONSOLELOG"):
    os.environ[name] = "1"
os.environ["KIVY_HOME"] = "/tmp/kivy"

cv2, numpy, sqlcipher3, zxingcpp, pyzbar, ed25519 = (
    importlib.import_module(name)
    for name in (
        *("cv2", "numpy", "sqlcipher3", "zxingcpp", "pyzbar.pyzbar"),
        "cryptography.hazmat.primitives.asymmetric.ed25519",
    )
)

key = ed25519.Ed25519PrivateKey.generate()
key.public_key().verify(key.sign(b"a"), b"a")

store_file = tempfile.mkdtemp() + "/store.db"
store = sqlcipher3.connect(store_file)
store.execute("PRAGMA key = \"x'" + "ab" * 32 + "'\"")
store.execute("CREATE TABLE a (b)")
store.commit()
store.close()
with open(store_file, "rb") as file:
    assert file.read(6) != b"SQLite"

code = numpy.array(zxingcpp.create_barcode("HS250001", zxingcpp.BarcodeFormat.QRCode).to_image(scale=4))
large = cv2.copyMakeBorder(cv2.resize(code, None, fx=2, fy=2), 40, 40, 40, 40, cv2.BORDER_CONSTANT, value=255)
assert [one.text for one in zxingcpp.read_barcodes(large)] == ["HS250001"]
assert [one.data for one in pyzbar.decode(large)] == [b"HS250001"]

NAMES = """
alembic evdev http_message_signatures kivy.graphics kivy.core.text msgspec reportlab.pdfgen.canvas requests segno serial
sqlalchemy kiosk.bootstrap screens.app local_store central_link devices.scanners.keyboard_scanner
devices.scanners.camera_scanner provisioning.self_update
"""
for name in NAMES.split():
    importlib.import_module(name)
print("every heavy package works")
