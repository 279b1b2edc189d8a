"""The internet as a client sees it that insists on https and on the real names of its hosts.

Clients reach it as a proxy, which the environment names: whatever portal they ask for is the fake
one, and the hosts of OAuth are its OAuth host.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from starlette.types import ASGIApp, Receive, Scope, Send

from bitrix_events.testing import FakePortal
from bitrix_events.testing.serving import serve_on_socket

OAUTH_HOST: Final = "oauth.bitrix24.tech"


@contextlib.asynccontextmanager
async def internet(
    portal: FakePortal,
    folder: Path,
    environment: pytest.MonkeyPatch,
    *,
    hosts: Sequence[str] = (),
) -> AsyncIterator[None]:
    """Let clients that heed the usual variables find the portal under its own name, by https.

    Args:
        folder: where the certificate is written.
        environment: in which the variables are set.
        hosts: further names of the portal.
    """
    names = [portal.domain, *hosts, OAUTH_HOST]
    certificate = _certificate(folder, names)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    async with (
        serve_on_socket(_by_host(portal)) as address,
        _relay(int(address.partition(":")[2]), context=context) as encrypted,
        _relay(encrypted, is_proxy=True) as port,
    ):
        environment.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        environment.setenv("HTTP_PROXY", "http://127.0.0.1:1")  # nobody: it must not get out
        environment.setenv("REQUESTS_CA_BUNDLE", str(certificate))
        for name in ("https_proxy", "http_proxy", "NO_PROXY", "no_proxy"):
            environment.delenv(name, raising=False)
        yield


def _by_host(portal: FakePortal) -> ASGIApp:
    """The portal; requests to the host of OAuth get to where the fake has its own."""
    prefix = urlsplit(portal.oauth_url).path

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        host = dict(scope.get("headers", ())).get(b"host", b"").decode()
        if host == OAUTH_HOST:
            scope = {**scope, "path": prefix + scope["path"]}
        await portal(scope, receive, send)

    return app


@contextlib.asynccontextmanager
async def _relay(
    target: int, *, context: ssl.SSLContext | None = None, is_proxy: bool = False
) -> AsyncIterator[int]:
    """Hand on what comes, to a port of this machine, and yield the port where it may come.

    Args:
        context: for the encryption that ends here.
        is_proxy: whether each connection begins with ``CONNECT``.
    """
    connections: set[asyncio.Task[Any]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with _closing(writer):
            if is_proxy:
                await reader.readuntil(b"\r\n\r\n")
                writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
            inner, outer = await asyncio.open_connection("127.0.0.1", target)
            async with _closing(outer), asyncio.TaskGroup() as pipes:
                pipes.create_task(_pipe(reader, outer))
                pipes.create_task(_pipe(inner, writer))

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(serve(reader, writer))
        connections.add(task)
        task.add_done_callback(connections.discard)

    server = await asyncio.start_server(begin, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for connection in connections:
            connection.cancel()
        await asyncio.gather(*connections, return_exceptions=True)


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


@contextlib.asynccontextmanager
async def _closing(writer: asyncio.StreamWriter) -> AsyncIterator[None]:
    try:
        yield
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def _certificate(folder: Path, hosts: Sequence[str]) -> Path:
    """A certificate for these hosts, with its key, that is its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hosts[0])])
    today = datetime.now(UTC)
    usage = {
        "digital_signature": True,
        "key_cert_sign": True,
        "content_commitment": False,
        "key_encipherment": False,
        "data_encipherment": False,
        "key_agreement": False,
        "crl_sign": False,
        "encipher_only": False,
        "decipher_only": False,
    }
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(**usage), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.SubjectAlternativeName([*map(x509.DNSName, hosts)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path = folder / "certificate.pem"
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path
