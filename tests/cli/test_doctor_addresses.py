"""`bitrix-events doctor`: whether strangers reach the app, and the app the OAuth servers."""

from __future__ import annotations

import datetime
import http.server
import ipaddress
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bitrix_events.cli.doctor import check_oauth, check_public_url, check_settings
from bitrix_events.portals.health import Finding, Level
from tests.cli.test_doctor import app_settings, bad

OUR_HEALTH: Final = (200, b'{"status":"ok"}')


@contextmanager
def serving(
    answer: Callable[[str], tuple[int, bytes]], certificate: Path | None = None
) -> Iterator[str]:
    """A server that answers by path; its address."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = answer(self.path)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    class Server(http.server.ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None: ...

    with Server(("127.0.0.1", 0), Handler) as server:
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(
                server.socket, server_side=True, do_handshake_on_connect=False
            )
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        scheme = "https" if certificate else "http"
        yield f"{scheme}://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def certificate(folder: Path, *, days: int) -> Path:
    """A certificate for 127.0.0.1 with its key, that ends in so many days."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=400))
        .not_valid_after(now + datetime.timedelta(days=days, hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


def as_ours(path: str) -> tuple[int, bytes]:
    return OUR_HEALTH if path.endswith("/healthz") else (405, b"")


def public(url: str) -> list[Finding]:
    return list(check_public_url(app_settings(public_url=url)))


def test_an_app_behind_a_path_is_reached() -> None:
    with serving(as_ours) as url:
        assert bad(public(f"{url}/bitrix/")) == []


@pytest.mark.parametrize(
    ("health", "events", "text"),
    [
        ((502, b"Bad gateway"), (502, b""), "/healthz answers 502, and not as this app does"),
        ((200, b"<h1>Hello</h1>"), (405, b""), "/healthz answers 200, and not as this app does"),
        ((200, b"[]"), (405, b""), "/healthz answers 200, and not as this app does"),
        ((301, b""), (301, b""), "/healthz answers 301, and not as this app does"),
        (OUR_HEALTH, (404, b""), "/events answers 404: events do not get through"),
    ],
)
def test_something_else_at_the_public_address_is_told(
    health: tuple[int, bytes], events: tuple[int, bytes], text: str
) -> None:
    with serving(lambda path: health if path == "/healthz" else events) as url:
        ((level, found),) = bad(public(url))

    assert level == "error"
    assert text in found


def test_an_address_that_nobody_answers_is_told() -> None:
    ((level, refused),) = bad(public("http://127.0.0.1:9"))
    ((_, unknown),) = bad(public("https://nowhere.invalid"))

    assert level == "error"
    assert "no connection" in refused
    assert "the name nowhere.invalid does not exist" in unknown


def test_a_certificate_that_nobody_trusts_is_told(tmp_path: Path) -> None:
    with serving(as_ours, certificate(tmp_path, days=90)) as url:
        ((level, text),) = bad(public(url))

    assert level == "error"
    assert "its certificate is not valid: self-signed certificate" in text.replace(
        "self signed", "self-signed"
    )


@pytest.mark.parametrize(
    ("days", "level", "text"),
    [
        (90, "ok", "its certificate is good for 90 days"),
        (5, "warning", "its certificate ends in 5 days: renew it"),
        (-2, "error", "certificate has expired"),
    ],
)
def test_a_certificate_is_looked_at_before_it_ends(
    days: int, level: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = certificate(tmp_path, days=days)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    with serving(as_ours, path) as url:
        finding = public(url)[-1]

    assert finding.level.value == level
    assert text in finding.text


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("http://app.example.com", "is not https: tokens and application tokens travel"),
        ("https://localhost:8000", "is reached from this machine only"),
        ("http://127.0.0.1:8000", "is reached from this machine only"),
        ("https://app.example.com?x=1", "and not an address such as"),
        ("ftp://app.example.com", "and not an address such as"),
    ],
)
def test_an_address_that_does_not_look_right_is_told(url: str, text: str) -> None:
    ((_, found),) = bad(list(check_settings(app_settings(public_url=url))))

    assert text in found


def test_one_oauth_server_of_two_is_enough() -> None:
    with serving(lambda _: (401, json.dumps({"error": "NO_AUTH_FOUND"}).encode())) as url:
        one = list(check_oauth(app_settings(oauth_urls=("http://127.0.0.1:9", url))))
    none = list(check_oauth(app_settings(oauth_urls=("http://127.0.0.1:9",))))

    assert [(f.level.value, f.about) for f in one] == [
        ("ok", "OAuth server"),
        ("warning", "OAuth server"),
        ("ok", "clock"),
    ]
    assert [f.level for f in none] == [Level.ERROR]
    assert "check firewall, DNS and proxy" in none[0].text


def test_an_oauth_server_that_is_broken_is_told() -> None:
    with serving(lambda _: (503, b"")) as url:
        ((level, text),) = bad(list(check_oauth(app_settings(oauth_urls=(url,)))))

    assert level == "error"
    assert "answers 503" in text
