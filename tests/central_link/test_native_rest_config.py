from pathlib import Path

import pytest

from central_link.native_rest import NativeRestConfig, NativeRestLink
from kiosk.domain.server_address import server_address

HERE = Path(__file__).parent


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
        ("http://localhost", "http://localhost"),
        ("HTTP://LocalHost:81/tram/", "http://localhost:81/tram"),
        ("http://127.8.9.10:1", "http://127.8.9.10:1"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("https://127.0.0.1:8443", "https://127.0.0.1:8443"),
        ("https://Thu-Vien.example.VN/tram/", "https://thu-vien.example.vn/tram"),
        ("https://192.168.1.10:8443", "https://192.168.1.10:8443"),
        ("https://[fd00::1]", "https://[fd00::1]"),
    ],
)
def test_takes_a_server_on_the_same_machine_or_one_with_https(url: str, address: str) -> None:
    assert server_address(url) == address


@pytest.mark.parametrize(
    "url",
    [
        "http://192.168.1.10:8080",
        "http://thu-vien.example.vn",
        "http://0.0.0.0:8080",
        "http://[::2]:8080",
        "http://127.0.0.1.example.vn",
        "http://localhost.example.vn",
        "http://2130706433:8080",
    ],
)
def test_refuses_another_machine_without_https(url: str) -> None:
    with pytest.raises(ValueError, match="by https"):
        NativeRestConfig(url, "hoa-sen", "tram-1", HERE)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "127.0.0.1:8080",
        "//127.0.0.1",
        "ftp://127.0.0.1",
        "file:///etc/passwd",
        "http://",
        "http://127.0.0.1:port",
        "http://127.0.0.1:99999",
        "http://127.0.0.1\\@example.vn/",
        "http://me:secret@127.0.0.1",
        "http://example.vn@127.0.0.1",
        "http://127.0.0.1/?library=x",
        "http://127.0.0.1/#x",
        "https://[::1",
        "https://[fe80::1%25eth0]",
        "https://a_.-/",
        "https://$host",
    ],
)
def test_refuses_what_is_no_address_of_a_server(url: str) -> None:
    with pytest.raises(ValueError, match="address") as caught:
        NativeRestConfig(url, "hoa-sen", "tram-1", HERE)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(("library", "device"), [("", "tram-1"), ("hoa-sen", "")])
def test_refuses_a_station_without_a_name(library: str, device: str) -> None:
    with pytest.raises(ValueError, match="needs a library and a device"):
        NativeRestConfig("http://127.0.0.1", library, device, HERE)


def test_says_what_the_protocol_can_do() -> None:
    link = NativeRestLink(NativeRestConfig("http://127.0.0.1", "hoa-sen", "tram-1", HERE, batch=7))
    assert link.capabilities.batch == 7
    assert link.capabilities.idempotent
    assert link.capabilities.change_feed


@pytest.mark.parametrize(
    ("url", "content", "says"),
    [
        ("https://127.0.0.1", b"not one", "holds no certificate"),
        ("https://127.0.0.1", None, "cannot be read: No such file"),
        ("http://127.0.0.1", b"-----BEGIN CERTIFICATE-----", "about the certificate of a server with https"),
    ],
)
def test_refuses_an_authority_that_cannot_vouch(tmp_path: Path, url: str, content: bytes | None, says: str) -> None:
    if content is not None:
        (tmp_path / "ca.pem").write_bytes(content)
    with pytest.raises(ValueError, match=says):
        NativeRestConfig(url, "hoa-sen", "tram-1", tmp_path, ca_file=tmp_path / "ca.pem")
