"""https with a certificate of our own making, by the real server process."""

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from central_server.address import CannotListen, listen, secured
from central_server.database import open_store
from tests.central_server.support import Station, bring_a_small_library, serving


def made_certificate(folder: Path, password: bytes | None = None) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that signs itself, and its key."""
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tram-xanh")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, private.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(private, hashes.SHA256())
    )
    locked = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, locked)
    (folder / "centre.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "centre.key").write_bytes(private.private_bytes(*form))
    return folder / "centre.pem", folder / "centre.key"


@pytest.mark.slow
@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_serves_by_https_when_it_has_a_certificate(tmp_path: Path, host: str) -> None:
    certificate, key = made_certificate(tmp_path)
    store = open_store(tmp_path / "data")
    bring_a_small_library(store, tmp_path)
    store.close()
    with serving(tmp_path / "data", "--host", host, "--certificate", certificate, "--key", key) as server:
        assert server.url.startswith(f"https://{host}:")
        server.url = server.url.replace("0.0.0.0", "127.0.0.1")
        server.trusted = certificate
        assert server.post([Station().check_in("TK.1")]).json()["verdicts"][0]["verdict"] == "accepted"
        assert len(server.changes().json()["changes"]) == 7
        with pytest.raises(requests.exceptions.SSLError):
            requests.get(f"{server.url}/v1/health", timeout=5)
        with pytest.raises(requests.exceptions.ConnectionError):
            requests.get(f"{server.url.replace('https', 'http')}/v1/health", timeout=5)


def test_takes_no_old_tls(tmp_path: Path) -> None:
    context = secured(*made_certificate(tmp_path))
    assert context is not None
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


def test_listens_beyond_this_machine_only_when_it_is_secure() -> None:
    with pytest.raises(CannotListen, match="--certificate"):
        listen("0.0.0.0", 0, secure=False)
    with listen("0.0.0.0", 0, secure=True) as listening:
        assert listening.getsockname()[0] == "0.0.0.0"


def test_serves_without_https_when_no_files_are_named() -> None:
    assert secured(None, None) is None


def test_refuses_the_files_when_they_are_not_a_certificate_and_its_key(tmp_path: Path) -> None:
    certificate, key = made_certificate(tmp_path)
    (tmp_path / "another").mkdir()
    _, another = made_certificate(tmp_path / "another")
    (tmp_path / "locked").mkdir()
    locked = made_certificate(tmp_path / "locked", b"secret")
    for files in ((certificate, another), locked, (key, key), (certificate, tmp_path / "none"), (tmp_path, tmp_path)):
        with pytest.raises(CannotListen, match="cannot be used"):
            secured(*files)
    for half in ((certificate, None), (None, key)):
        with pytest.raises(CannotListen, match="needs both"):
            secured(*half)
