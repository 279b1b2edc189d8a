"""A hostile kit: requests that no portal has sent, and a listener that nobody may call.

`forgeries` makes several hundred variations of events, installations and pages against one victim.
They are made of what an attacker can have: his own portal with the same app, an ordinary user's
rights in the victim's, tokens of other apps and of former days. None of them has the victim's
application token, but for those whose name says so.
"""

from __future__ import annotations

import asyncio
import hashlib
import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, urlencode

from bitrix_events.testing import FakePortal, TokenPair
from bitrix_events.testing.lifecycle import OTHER_APP
from bitrix_events.wire.form import FORM_TYPE, decode_form, encode_form

PLANTED: Final = "0123456789abcdef0123456789abcdef"
"""The application token that attackers would like to be the victim's."""

_EVENTS: Final[Mapping[str, Any]] = {
    "ONCRMDEALADD": {"FIELDS": {"ID": "666"}},
    "ONAPPTEST": {"QUERY": {"x": "1"}, "LANGUAGE_ID": "en"},
    "ONAPPUNINSTALL": {"LANGUAGE_ID": "en", "CLEAN": "1"},
    "ONAPPPAYMENT": {"CODE": "vendor.app", "VERSION": "1", "STATUS": "S", "PAYMENT_EXPIRED": "Y"},
    "ONSUBSCRIPTIONRENEW": {},
    "ONAPPUSERREADY": None,  # brings tokens in its data
}
_INSTALLS: Final[Mapping[str, Any]] = {
    "ONAPPINSTALL": {"VERSION": "1", "ACTIVE": "Y", "INSTALLED": "Y", "LANGUAGE_ID": "en"},
    "ONAPPUPDATE": {"VERSION": "9", "PREVIOUS_VERSION": "1", "LANGUAGE_ID": "en"},
}


@dataclass
class Listener:
    """A server of the attacker that counts who calls it, and with how much."""

    port: int = 0
    connections: int = 0
    received: int = 0

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.received += len(await reader.read(65536))
        writer.close()


@asynccontextmanager
async def listening() -> AsyncIterator[Listener]:
    """Listen on all loopback addresses that the machine has."""
    listener = Listener()
    server = await asyncio.start_server(listener._take, "127.0.0.1", 0)
    listener.port = server.sockets[0].getsockname()[1]
    servers = [server]
    if socket.has_ipv6:
        with suppress(OSError):  # the machine has no such address
            servers.append(await asyncio.start_server(listener._take, "::1", listener.port))
    try:
        yield listener
    finally:
        for server in servers:
            server.close()


@dataclass(frozen=True)
class Forgery:
    """A request, and whether it may be taken in: for the attacker's own portal, harmlessly."""

    name: str
    path: str
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)
    may_be_taken: bool = False


@dataclass
class Scene:
    """Who is there.

    Attributes:
        victim: a portal that has the app; user 2 of it is no administrator.
        attacker: another portal with the same app, whose administrator is hostile.
        former: a portal that has removed the app, and kept what it has sent before.
    """

    victim: FakePortal
    attacker: FakePortal
    former: FakePortal
    listener: Listener
    ordinary_user: int
    expired: TokenPair
    """The tokens of the victim's administrator, whose hour is over."""
    removed: TokenPair
    """Tokens of the former portal."""
    secrets: set[str] = field(default_factory=set)
    """Everything that must be found nowhere."""

    def tokens(self, portal: FakePortal, user_id: int = 1, *, client_id: str = "") -> TokenPair:
        """Genuine tokens, which are taken down as secrets."""
        pair = portal.issue_tokens(user_id, client_id=client_id)
        self.secrets |= {pair.access_token, pair.refresh_token}
        return pair

    def learn_secrets(self) -> None:
        """Take down what the portals know and have sent."""
        for portal in (self.victim, self.attacker, self.former):
            webhook_code = portal.webhook_url.split("/")[-2]
            self.secrets |= {portal.application_token, portal.client_secret, webhook_code}
            for sent in portal.sent:
                self.secrets |= set(_tokens_in(decode_form(sent.body)))


def forgeries(scene: Scene) -> Iterator[Forgery]:
    """All variations."""
    yield from _forged_tokens(scene)
    yield from _forged_places(scene)
    yield from _forged_members(scene)
    yield from _forged_shapes(scene)
    yield from _forged_installs(scene)
    yield from _forged_pages(scene)
    yield from _forged_system_users(scene)
    yield from _hostile_addresses(scene)


def replays(scene: Scene) -> Iterator[Forgery]:
    """What a portal has truly sent before it removed the app, and what it could send after."""
    for sent in scene.former.sent:
        if sent.code != "ONAPPUNINSTALL":
            for path in ("/events", "/install"):
                yield Forgery(f"{sent.code} of a former portal, again, to {path}", path, sent.body)
    former = scene.former
    auth = {
        "domain": former.domain,
        "member_id": former.member_id,
        "application_token": former.application_token,
    }
    for code in ("ONCRMDEALADD", "ONAPPPAYMENT", "ONSUBSCRIPTIONRENEW"):
        body = encode_form(event(scene, code) | {"auth": auth})
        yield Forgery(f"{code} of a former portal, with its token", "/events", body)


def hostile_urls(listener: Listener, victim: FakePortal) -> Mapping[str, str]:
    """Addresses that lead to the listener, or would in the hands of a careless parser."""
    there, here = f"127.0.0.1:{listener.port}", victim.domain
    port = listener.port
    return {
        "plain http": f"http://{there}/rest/",
        "https": f"https://{there}/rest/",
        "upper case": f"HTTP://{there}/REST/",
        "by name": f"http://localhost:{port}/rest/",
        "trailing dot": f"http://localhost.:{port}/rest/",
        "user information": f"http://user:password@{there}/rest/",
        "victim as user": f"http://{here}@{there}/rest/",
        "oauth host as user": f"https://oauth.bitrix.info@{there}/rest/",
        "victim after an @": f"http://{there}@{here}/rest/",
        "two @": f"http://a@{there}@{here}/rest/",
        "backslash before the @": f"http://{there}\\@{here}/rest/",
        "backslash after the victim": f"http://{here}\\@{there}/rest/",
        "backslashes for slashes": f"http:\\\\{there}\\rest\\",
        "fragment": f"http://{there}#@{here}/rest/",
        "fragment with the victim": f"http://{there}/#{here}/rest/",
        "query": f"http://{there}?@{here}/rest/",
        "dot segments": f"http://{here}/rest/../../{there}/rest/",
        "decimal": f"http://2130706433:{port}/rest/",
        "hexadecimal": f"http://0x7f000001:{port}/rest/",
        "octal": f"http://0177.0.0.1:{port}/rest/",
        "short": f"http://127.1:{port}/rest/",
        "zero": f"http://0:{port}/rest/",
        "IPv6": f"http://[::1]:{port}/rest/",
        "mapped IPv6": f"http://[::ffff:127.0.0.1]:{port}/rest/",
        "international": f"http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ:{port}/rest/",
        "full width dots": f"http://127。0。0。1:{port}/rest/",
        "encoded host": f"http://127%2E0%2E0%2E1:{port}/rest/",
        "no scheme": f"//{there}/rest/",
        "double slash": f"http:////{there}/rest/",
        "no slashes": f"http:{there}/rest/",
        "no host": f"http:///{there}/rest/",
        "host alone": there,
        "file": "file:///etc/passwd",
        "gopher": f"gopher://{there}/_",
        "blank before": f" http://{there}/rest/",
        "line break": f"http://{there}/rest/\r\nX-Injected: 1",
        "line break in the host": f"http://{here}\r\n@{there}/rest/",
        "zero byte": f"http://{there}\x00.{here}/rest/",
        "tab": f"http://{here}\t@{there}/rest/",
        "other port": f"http://{here.partition(':')[0]}:{port}/rest/",
        "port too large": f"http://127.0.0.1:{port + 65536}/rest/",
    }


async def post(url: str, forgery: Forgery) -> tuple[int, bytes]:
    """Send a request as it is, byte by byte; status and answer.

    No HTTP library is used: it would log addresses, of which some forgeries are.
    """
    host, port = url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    headers = {
        "Host": f"{host}:{port}",
        "Content-Type": FORM_TYPE,
        "Content-Length": str(len(forgery.body)),
        "Connection": "close",
        **forgery.headers,
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    writer.write(f"POST {forgery.path} HTTP/1.1\r\n{lines}\r\n".encode() + forgery.body)
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return int(answer.split(b" ", 2)[1]), answer


def event(scene: Scene, code: str, **auth: Any) -> dict[str, Any]:
    """What the victim would send, but for the application token; a change to None takes a field
    away."""
    victim = scene.victim
    data = _EVENTS[code] if code in _EVENTS else _INSTALLS[code]
    if code == "ONAPPUSERREADY":
        pair = scene.tokens(scene.attacker)
        data = _system_user(scene, victim.member_id, pair)
    return {
        "event": code,
        "event_handler_id": "1",
        "data": data,
        "ts": "1790000000",
        "auth": {
            "domain": victim.domain,
            "server_endpoint": f"{victim.oauth_url}/rest/",
            "client_endpoint": victim.rest_url,
            "member_id": victim.member_id,
            "application_token": PLANTED,
        }
        | auth,
    }


def _forged_tokens(scene: Scene) -> Iterator[Forgery]:
    """Every kind of wrong application token, in every kind of event."""
    victim, attacker = scene.victim, scene.attacker
    digest = hashlib.sha256(victim.application_token.encode())
    values: dict[str, Any] = {
        "made up": PLANTED,
        "another portal's": attacker.application_token,
        "that of the victim's webhook": victim.webhook_token,
        "that of another app": scene.victim.bind_other_app("https://other.test"),
        "absent": None,
        "empty": "",
        "blank": " ",
        "a list": [PLANTED],
        "a list of all": [attacker.application_token, PLANTED, ""],
        "a mapping": {"0": PLANTED},
        "deeply nested": {"a": {"b": {"c": PLANTED}}},
        "an empty list": [""],
        "zero": "0",
        "true": "1",
        "null": "null",
        "not ASCII": "ключ-☃-\u0000-\U0001f511",
        "too long": "a" * 100_000,
        "upper case": attacker.application_token.upper(),
        "the digest in hex": digest.hexdigest(),
        "the digest": digest.digest().decode("latin-1"),
        "a pattern": "%",
        "SQL": "' OR '1'='1",
        "an access token": scene.tokens(victim, scene.ordinary_user).access_token,
        "member_id": victim.member_id,
    }
    for code in _EVENTS:
        for name, value in values.items():
            body = encode_form(event(scene, code, application_token=value))
            for path in ("/events", "/install"):
                yield Forgery(f"{code} to {path}: the token is {name}", path, body)
    genuine = event(scene, "ONCRMDEALADD", application_token=None)
    for name, tail in {
        "given twice": [("auth[application_token]", PLANTED), ("auth[application_token]", "x")],
        "a list and a text": [
            ("auth[application_token][]", PLANTED),
            ("auth[application_token]", PLANTED),
        ],
        "a text and a mapping": [
            ("auth[application_token]", PLANTED),
            ("auth[application_token][x]", PLANTED),
        ],
        "outside of auth": [("application_token", attacker.application_token)],
        "in other brackets": [("auth.application_token", attacker.application_token)],
        "without a closing bracket": [("auth[application_token", attacker.application_token)],
        "with a blank": [("auth[ application_token]", attacker.application_token)],
        "in upper case": [("AUTH[APPLICATION_TOKEN]", attacker.application_token)],
        "in mixed case": [("auth[Application_Token]", attacker.application_token)],
        "in the data": [("data[auth][application_token]", attacker.application_token)],
    }.items():
        body = encode_form(genuine) + b"&" + urlencode(tail).encode()
        yield Forgery(f"the token is {name}", "/events", body)


def _forged_places(scene: Scene) -> Iterator[Forgery]:
    """The authorisation where it does not belong."""
    token = scene.attacker.application_token
    whole = event(scene, "ONAPPUNINSTALL", application_token=token)
    bare = {name: value for name, value in whole.items() if name != "auth"}
    auth = {"auth": whole["auth"]}
    query = encode_form(auth).decode()
    yield Forgery("auth in the query", f"/events?{query}", encode_form(bare))
    yield Forgery("everything in the query", f"/events?{encode_form(whole).decode()}", b"")
    yield Forgery(
        "auth in the query too", f"/events?{query}", encode_form(event(scene, "ONAPPTEST"))
    )
    for name in ("Authorization", "X-Application-Token", "Cookie"):
        value = f"Bearer {token}" if name == "Authorization" else f"application_token={token}"
        headers = {name: value}
        yield Forgery(f"the token in {name}", "/events", encode_form(bare), headers)
    as_json = repr(whole).replace("'", '"').encode()
    for content_type in ("application/json", FORM_TYPE, "text/plain", "multipart/form-data"):
        headers = {"Content-Type": content_type}
        yield Forgery(f"JSON as {content_type}", "/events", as_json, headers)
    text = quote(repr(whole["auth"]).replace("'", '"'))
    yield Forgery("auth is JSON", "/events", encode_form(bare) + f"&auth={text}".encode())
    yield Forgery("auth is a list", "/events", encode_form(bare | {"auth": [token]}))
    twice = encode_form(auth) + b"&" + encode_form(whole)
    yield Forgery("auth twice", "/events", twice)
    for prefix in ("X-Original-URL", "X-Rewrite-URL", "X-HTTP-Method-Override", "X-Forwarded-For"):
        headers = {prefix: "127.0.0.1" if prefix.endswith("For") else "/install"}
        yield Forgery(f"with {prefix}", "/events", encode_form(whole), headers)


def _forged_members(scene: Scene) -> Iterator[Forgery]:
    """Another portal's token under every spelling of the victim's name, and the other way round."""
    victim, attacker = scene.victim, scene.attacker
    member_id, token = victim.member_id, attacker.application_token
    spellings: dict[str, Any] = {
        "exact": member_id,
        "upper case": member_id.upper(),
        "title case": member_id.title(),
        "blank after": f"{member_id} ",
        "blank before": f" {member_id}",
        "line break after": f"{member_id}\n",
        "zero byte after": f"{member_id}\x00",
        "zero width blank": f"{member_id[:8]}\u200b{member_id[8:]}",
        "full width": "".join(chr(ord(c) + 0xFEE0) for c in member_id),
        "Cyrillic letters": member_id.replace("a", "\u0430").replace("e", "\u0435") + "\u0435",
        "SQL": f"{member_id}' OR '1'='1",
        "SQL comment": f"{member_id}' --",
        "SQL pattern": "%",
        "both": f"{attacker.member_id},{member_id}",
        "path": f"../{member_id}",
        "webhook": "webhook",
        "WEBHOOK": "WEBHOOK",
        "a list": [member_id],
        "a mapping": {member_id: member_id},
        "empty": "",
        "absent": None,
        "zero": "0",
        "too long": member_id * 100,
    }
    for code in ("ONCRMDEALADD", "ONAPPUNINSTALL", "ONAPPPAYMENT"):
        for name, value in spellings.items():
            wrong = event(scene, code, member_id=value, application_token=token)
            yield Forgery(f"{code}: member_id is {name}", "/events", encode_form(wrong))
    base = event(scene, "ONAPPUNINSTALL", member_id=None, application_token=token)
    ids = (attacker.member_id, victim.member_id)
    for first, second in (ids, ids[::-1]):
        tail = urlencode([("auth[member_id]", first), ("auth[member_id]", second)])
        body = encode_form(base) + b"&" + tail.encode()
        is_own = second == attacker.member_id
        yield Forgery(f"member_id twice, own last: {is_own}", "/events", body, may_be_taken=is_own)
    for name in ("auth[MEMBER_ID]", "auth[member_id][]", "member_id", "auth[member.id]"):
        tail = urlencode([(name, victim.member_id)])
        body = encode_form(base) + b"&" + tail.encode()
        yield Forgery(f"the victim as {name}", "/events", body)
    reverse = event(
        scene,
        "ONCRMDEALADD",
        member_id=attacker.member_id,
        application_token=victim.application_token,
    )
    yield Forgery("the victim's true token, another's name", "/events", encode_form(reverse))
    for code in ("ONCRMDEALADD", "ONAPPUNINSTALL"):
        unknown = event(scene, code, member_id="f" * 32, application_token=token)
        yield Forgery(f"{code} of a portal that nobody knows", "/events", encode_form(unknown))


def _forged_shapes(scene: Scene) -> Iterator[Forgery]:
    """Forms that mean one thing to one reader and another to the next."""
    whole = encode_form(event(scene, "ONAPPUNINSTALL"))
    for name, body in {
        "nothing": b"",
        "semicolons": whole.replace(b"&", b";"),
        "raw brackets": whole.replace(b"%5B", b"[").replace(b"%5D", b"]"),
        "double encoding": whole.replace(b"%", b"%25"),
        "a byte order mark": b"\xef\xbb\xbf" + whole,
        "UTF-16": whole.decode().encode("utf-16"),
        "not UTF-8": whole + b"&x=%FF%FE",
        "globals": whole + b"&GLOBALS[x]=1&_SERVER[x]=1&__proto__[x]=1",
        "very deep": whole + b"&x" + b"[a]" * 1000 + b"=1",
        "very many": whole + b"&x[]=1" * 5000,
        "two events": whole + b"&event=ONCRMDEALADD",
        "an event and a page": whole + b"&AUTH_ID=x&REFRESH_ID=y&member_id=z",
    }.items():
        for path in ("/events", "/install"):
            yield Forgery(f"{name} to {path}", path, body)


def _forged_installs(scene: Scene) -> Iterator[Forgery]:
    """Installations and updates of the victim, proven by tokens that prove something else."""
    victim, attacker = scene.victim, scene.attacker
    stolen = scene.tokens(victim, client_id=OTHER_APP)
    ordinary = scene.tokens(victim, scene.ordinary_user)
    own = scene.tokens(attacker)
    proofs: dict[str, dict[str, Any]] = {
        "no tokens": {},
        "made up tokens": {"access_token": "f" * 70, "refresh_token": "e" * 70},
        "an expired token": _auth_of(scene.expired),
        "another app's token": _auth_of(stolen),
        "another portal's token": _auth_of(own),
        "a token of a portal that removed the app": _auth_of(scene.removed),
        "an ordinary user's token": _auth_of(ordinary),
        "an ordinary user's token, who says he is another": _auth_of(ordinary) | {"user_id": "1"},
        "a refresh token for an access token": _auth_of(own) | {"access_token": own.refresh_token},
        "a list of tokens": {"access_token": [own.access_token], "refresh_token": "x"},
        "a token with a line break": _auth_of(own)
        | {"access_token": f"{own.access_token}\r\nx: 1"},
        "a token with parameters": _auth_of(own)
        | {"access_token": f"{own.access_token}&client_id={victim.client_id}"},
        "no refresh token": {"access_token": ordinary.access_token},
    }
    for code in _INSTALLS:
        for name, tokens in proofs.items():
            for endpoint in (victim.oauth_url, attacker.oauth_url):
                whose = "the victim's" if endpoint == victim.oauth_url else "another"
                claim = event(scene, code, server_endpoint=f"{endpoint}/rest/", **tokens)
                for path in ("/events", "/install"):
                    title = f"{code} to {path} with {name}, at {whose} OAuth server"
                    yield Forgery(title, path, encode_form(claim))
        moved = event(
            scene,
            code,
            member_id=attacker.member_id,
            client_endpoint=victim.rest_url,
            server_endpoint=f"{attacker.oauth_url}/rest/",
            **_auth_of(own),
        )
        yield Forgery(
            f"{code} of his own portal at the victim's address", "/install", encode_form(moved)
        )
        for application_token in (None, "", [PLANTED]):
            claim = event(scene, code, application_token=application_token, **_auth_of(ordinary))
            title = f"{code} by an ordinary user, application token {application_token!r}"
            yield Forgery(title, "/install", encode_form(claim))


def _forged_pages(scene: Scene) -> Iterator[Forgery]:
    """The install page of the victim, opened with tokens that prove something else."""
    victim, attacker = scene.victim, scene.attacker
    own, stolen = scene.tokens(attacker), scene.tokens(victim, client_id=OTHER_APP)
    ordinary = scene.tokens(victim, scene.ordinary_user)
    for name, pair in {
        "another portal's": own,
        "another app's": stolen,
        "a user's": ordinary,
    }.items():
        for whose, server in {"the victim's": victim, "another": attacker}.items():
            form = _page(scene, victim.member_id, pair, server)
            yield Forgery(f"page with {name} token, {whose} OAuth server", *form)
        for token in ("", PLANTED, attacker.application_token):
            form = _page(scene, victim.member_id, pair, victim, APPLICATION_TOKEN=token)
            title = f"page with {name} token, application token {token[:4]!r}"
            yield Forgery(title, *form)
    odd: dict[str, Any] = {
        "AUTH_ID": [own.access_token],
        "REFRESH_ID": "",
        "member_id": f"{victim.member_id} ",
        "APPLICATION_TOKEN": {"x": PLANTED},
        "SERVER_ENDPOINT": ["x"],
    }
    for field_name, value in odd.items():
        path, body = _page(scene, victim.member_id, own, victim)
        changed = decode_form(body) | {field_name: value}
        yield Forgery(f"page whose {field_name} is odd", path, encode_form(changed))
    path, body = _page(scene, victim.member_id, ordinary, victim)
    yield Forgery("page to /events", path.replace("/install", "/events"), body)


def _forged_system_users(scene: Scene) -> Iterator[Forgery]:
    """ONAPPUSERREADY with tokens of somebody else, in the data and in the authorisation."""
    victim, attacker = scene.victim, scene.attacker
    own, ordinary = scene.tokens(attacker), scene.tokens(victim, scene.ordinary_user)
    stolen = scene.tokens(victim, client_id=OTHER_APP)
    for whose, pair in {
        "his own": own,
        "an ordinary user's": ordinary,
        "another app's": stolen,
    }.items():
        for member_id in (victim.member_id, attacker.member_id):
            whole = event(scene, "ONAPPUSERREADY", **_auth_of(pair))
            whole["data"] = _system_user(scene, member_id, pair)
            name = "the victim" if member_id == victim.member_id else "himself"
            title = f"a system user with {whose} tokens, named as {name}"
            yield Forgery(title, "/events", encode_form(whole))
    own_event = event(
        scene,
        "ONAPPUSERREADY",
        member_id=attacker.member_id,
        application_token=attacker.application_token,
    )
    own_event["data"] = _system_user(scene, victim.member_id, own)
    yield Forgery("his own system user for the victim", "/events", encode_form(own_event))
    for name, pair in {"another portal's": own, "another app's": stolen}.items():
        true_token = event(scene, "ONAPPUSERREADY", application_token=victim.application_token)
        true_token["data"] = _system_user(scene, victim.member_id, pair)
        title = f"a system user with {name} tokens and the victim's true token"
        yield Forgery(title, "/events", encode_form(true_token))


def _hostile_addresses(scene: Scene) -> Iterator[Forgery]:
    """The listener's address in every field that has one, in every spelling."""
    victim, attacker = scene.victim, scene.attacker
    own, ordinary = scene.tokens(attacker), scene.tokens(victim, scene.ordinary_user)
    at_home = f"{attacker.oauth_url}/rest/"
    for name, url in hostile_urls(scene.listener, victim).items():
        for field_name in ("client_endpoint", "server_endpoint", "domain"):
            there = {field_name: url}
            title = f"{field_name}: {name}"
            claims = {
                "event": event(scene, "ONCRMDEALADD", **there),
                "install": event(scene, "ONAPPINSTALL", **_auth_of(ordinary), **there),
                "update": event(scene, "ONAPPUPDATE", **_auth_of(own), **there),
            }
            for kind, claim in claims.items():
                yield Forgery(f"{kind}, {title}", "/install", encode_form(claim))
            own_claim = _own_install(scene, own, at_home)
            own_claim["auth"] = own_claim["auth"] | there
            body = encode_form(own_claim)
            yield Forgery(f"own install, {title}", "/install", body, may_be_taken=True)
            ready = event(scene, "ONAPPUSERREADY")
            ready["data"] = _system_user(scene, victim.member_id, ordinary) | there
            yield Forgery(f"system user, {title}", "/events", encode_form(ready))
        for pair, member_id, taken in (
            (ordinary, victim.member_id, False),
            (own, attacker.member_id, True),
        ):
            whose = "own page" if taken else "page"
            server = attacker if taken else victim
            form = _page(scene, member_id, pair, server, SERVER_ENDPOINT=url)
            yield Forgery(f"{whose}, SERVER_ENDPOINT: {name}", *form, may_be_taken=taken)
            form = _page(scene, member_id, pair, server, DOMAIN=url)
            yield Forgery(f"{whose}, DOMAIN: {name}", *form, may_be_taken=taken)


def _own_install(scene: Scene, pair: TokenPair, server_endpoint: str) -> dict[str, Any]:
    attacker = scene.attacker
    return event(
        scene,
        "ONAPPINSTALL",
        domain=attacker.domain,
        client_endpoint=attacker.rest_url,
        server_endpoint=server_endpoint,
        member_id=attacker.member_id,
        application_token=attacker.application_token,
        **_auth_of(pair),
    )


def _auth_of(pair: TokenPair) -> dict[str, Any]:
    return {
        "access_token": pair.access_token,
        "refresh_token": pair.refresh_token,
        "expires_in": "3600",
        "user_id": str(pair.user_id),
        "scope": "crm",
        "status": "L",
    }


def _system_user(scene: Scene, member_id: str, pair: TokenPair) -> dict[str, Any]:
    """What ONAPPUSERREADY says of the system user, with somebody's tokens."""
    victim = scene.victim
    return {
        **_auth_of(pair),
        "domain": "oauth.bitrix.info",
        "server_endpoint": f"{victim.oauth_url}/rest/",
        "client_endpoint": victim.rest_url,
        "member_id": member_id,
        "client_id": victim.client_id,
        "LANGUAGE_ID": "en",
    }


def _page(
    scene: Scene, member_id: str, pair: TokenPair, server: FakePortal, **changes: Any
) -> tuple[str, bytes]:
    """Path and body of the install page."""
    query = {"DOMAIN": changes.pop("DOMAIN", server.domain), "PROTOCOL": "0", "LANG": "en"}
    form = {
        "AUTH_ID": pair.access_token,
        "AUTH_EXPIRES": "3600",
        "REFRESH_ID": pair.refresh_token,
        "SERVER_ENDPOINT": f"{server.oauth_url}/rest/",
        "APPLICATION_TOKEN": PLANTED if member_id == scene.victim.member_id else "",
        "member_id": member_id,
        "status": "L",
        "PLACEMENT": "DEFAULT",
    }
    return f"/install?{urlencode(query)}", encode_form(form | changes)


def _tokens_in(value: Any) -> Iterator[str]:
    """All tokens in a form, at any depth."""
    for name, item in value.items() if isinstance(value, dict) else ():
        is_secret = name.lower().endswith("_token") or name in ("AUTH_ID", "REFRESH_ID")
        if is_secret and isinstance(item, str) and item:
            yield item
        yield from _tokens_in(item)
