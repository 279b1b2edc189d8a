"""A single GET, as a stranger would make it: who answers, with which certificate, at what time.

With the standard library, because nothing else here sees the certificate. The authorities are those
that the world trusts, as the portals do, and those of this machine.
"""

from __future__ import annotations

import http.client
import socket
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlsplit

import certifi

_LARGEST: Final = 64 * 1024


class ProbeFailed(Exception):
    """Nobody answered; the text says why."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, whatever its status.

    Attributes:
        body: its first 64 KiB.
        date: the other side's clock, if it told.
        asked, answered: ours, before and after.
        certificate_ends: when its certificate ends; None for plain http.
    """

    status: int
    body: bytes
    headers: Any
    date: datetime | None
    asked: datetime
    answered: datetime
    certificate_ends: datetime | None


def get(url: str, *, seconds: float = 10.0) -> Answer:
    """GET an address. Redirects are not followed.

    Raises:
        ProbeFailed: no answer.
    """
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        tls = ssl.create_default_context(cafile=certifi.where())
        tls.load_default_certs()
        connection = http.client.HTTPSConnection(host, port, timeout=seconds, context=tls)
    else:
        connection = http.client.HTTPConnection(host, port, timeout=seconds)
    asked = datetime.now(UTC)
    try:
        connection.connect()
        ends = _certificate_end(connection.sock)
        connection.request("GET", parts.path or "/", headers={"User-Agent": "bitrix-events"})
        response = connection.getresponse()
        body = response.read(_LARGEST)
    except ssl.SSLCertVerificationError as error:
        raise ProbeFailed(f"its certificate is not valid: {error.verify_message}") from error
    except socket.gaierror as error:
        raise ProbeFailed(f"the name {host} does not exist") from error
    except TimeoutError as error:
        raise ProbeFailed(f"no answer in {seconds:g} s") from error
    except (OSError, http.client.HTTPException) as error:
        why = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise ProbeFailed(f"no connection: {why}") from error
    finally:
        connection.close()
    date = _date(response.headers.get("Date"))
    answered = datetime.now(UTC)
    return Answer(response.status, body, response.headers, date, asked, answered, ends)


def _certificate_end(sock: Any) -> datetime | None:
    certificate = sock.getpeercert() if isinstance(sock, ssl.SSLSocket) else None
    ends = certificate.get("notAfter") if certificate else None
    if not isinstance(ends, str):
        return None
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), UTC)


def _date(text: str | None) -> datetime | None:
    try:
        return parsedate_to_datetime(text) if text else None
    except ValueError:
        return None
