"""The page of a fake portal that is served: its records, to be looked at and changed by a person.

It answers this machine's own browser only. Other sites cannot read it under a name of theirs that
leads here, nor submit its forms.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import httpx
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from bitrix_events.errors import FormError
from bitrix_events.testing.catalog import LIFECYCLE, events_of
from bitrix_events.testing.fields import Kind
from bitrix_events.testing.html import Html
from bitrix_events.testing.kinds import kind_named
from bitrix_events.testing.page_forms import FormProblem, changed_fields, is_nested, singular
from bitrix_events.testing.page_views import Notice, Recipe, Views
from bitrix_events.testing.portal import FakePortal
from bitrix_events.testing.site import OAUTH_PATH
from bitrix_events.testing.world import RecordMissingError
from bitrix_events.wire.form import FormLimits, decode_form

EVENTS: Final = tuple(sorted(set(events_of()) - LIFECYCLE))
"""What an outgoing webhook made here is told of: whatever the portal knows."""

_OF_THE_PORTAL: Final = ("/rest/", "/oauth/", f"{OAUTH_PATH}/")
_LOCAL: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})
_LIMITS: Final = FormLimits(body_bytes=4 * 1024 * 1024)
_REQUESTS: Final = 1000
"""Now and then all but the last calls and events are forgotten: they would fill the memory."""
_KEPT: Final = 1000
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self';"
        " img-src data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
_STATIC: Final = {"page.css": "text/css", "page.js": "text/javascript"}


class PortalPage:
    """An ASGI application: the portal with a page at ``/``.

    Args:
        recipes: tells what people may want to copy from the page.
    """

    def __init__(self, portal: FakePortal, recipes: Callable[[], Sequence[Recipe]] = tuple) -> None:
        self._portal = portal
        self._views = Views(portal, recipes)
        self._app = Starlette(
            routes=[
                Route("/", self._home),
                Route("/traffic", self._traffic),
                Route("/webhooks", self._add_webhook, methods=["POST"]),
                Route("/webhooks/remove", self._remove_webhook, methods=["POST"]),
                Route("/install", self._install, methods=["POST"]),
                Route("/uninstall", self._uninstall, methods=["POST"]),
                Route("/records/{kind}", self._list),
                Route("/records/{kind}", self._add, methods=["POST"]),
                Route("/records/{kind}/new", self._new),
                Route("/records/{kind}/{id:int}", self._edit),
                Route("/records/{kind}/{id:int}", self._change, methods=["POST"]),
                Route("/records/{kind}/{id:int}/delete", self._delete, methods=["POST"]),
                *(Route(f"/{name}", _static(name, type_)) for name, type_ in _STATIC.items()),
            ],
            exception_handlers={HTTPException: self._explain, RecordMissingError: self._miss},
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer for the portal, or for the page."""
        if scope["type"] != "http" or scope["path"].startswith(_OF_THE_PORTAL):
            await self._portal(scope, receive, send)
            if self._portal.requests % _REQUESTS == 0:
                self._portal.forget(keep=_KEPT)
            return
        refused = self._refusal(Request(scope))
        await (refused or self._app)(scope, receive, send)

    def _refusal(self, request: Request) -> Response | None:
        """The answer to a request that no page of ours has made."""
        host = request.headers.get("host", "").lower()
        if _name_of(host) not in {*_LOCAL, _name_of(self._portal.domain)}:
            return _refused(f"this page is at {self._portal.base_url}/ only")
        if request.method in ("GET", "HEAD"):
            return None
        origin = request.headers.get("origin", f"http://{host}").lower()
        site = request.headers.get("sec-fetch-site", "same-origin")
        if origin not in (f"http://{host}", f"https://{host}") or site != "same-origin":
            return _refused("another site has sent this form")
        return None

    async def _home(self, request: Request) -> Response:
        return _page(self._views.home(self._notice(request)))

    async def _traffic(self, request: Request) -> Response:
        return _page(self._views.traffic())

    async def _list(self, request: Request) -> Response:
        kind = _kind_of(request)
        start = request.query_params.get("start", "0")
        return _page(
            self._views.listing(kind, int(start) if _is_number(start) else 0, self._notice(request))
        )

    async def _new(self, request: Request) -> Response:
        return _page(self._views.record(_kind_of(request), None))

    async def _edit(self, request: Request) -> Response:
        kind, record_id = _kind_of(request), request.path_params["id"]
        return _page(self._views.record(kind, record_id, self._notice(request)))

    async def _add(self, request: Request) -> Response:
        kind, form = _kind_of(request), await _form_of(request)
        try:
            fields = changed_fields(kind, form)
            record_id = self._portal.add(kind.name, user_id=self._user(form), **fields)
        except FormProblem as problem:
            return self._again(kind, None, form, problem)
        return _see(f"/records/{kind.name}", said="added", id=record_id)

    async def _change(self, request: Request) -> Response:
        kind, record_id = _kind_of(request), request.path_params["id"]
        record = self._portal.record(kind.name, record_id)
        form = await _form_of(request)
        try:
            nested = [name for name, value in record.items() if is_nested(kind, name, value)]
            fields = changed_fields(kind, form, nested)
            self._portal.change(kind.name, record_id, user_id=self._user(form), **fields)
        except FormProblem as problem:
            return self._again(kind, record_id, form, problem)
        return _see(f"/records/{kind.name}/{record_id}", said="changed", id=record_id)

    async def _delete(self, request: Request) -> Response:
        kind, record_id = _kind_of(request), request.path_params["id"]
        self._portal.delete(kind.name, record_id)
        return _see(f"/records/{kind.name}", said="deleted", id=record_id)

    async def _add_webhook(self, request: Request) -> Response:
        url = _url_of(await _form_of(request))
        self._portal.remove_outgoing_webhook(url)
        self._portal.outgoing_webhook(url, *EVENTS)
        return _see("/", said="told")

    async def _remove_webhook(self, request: Request) -> Response:
        self._portal.remove_outgoing_webhook(str((await _form_of(request)).get("url", "")))
        return _see("/", said="untold")

    async def _install(self, request: Request) -> Response:
        url = _url_of(await _form_of(request))
        try:
            answer = await self._portal.install(url)
        except httpx.HTTPError:
            return _see("/", said="unreached")
        return _see("/", said="installed" if answer.is_success else "refused")

    async def _uninstall(self, request: Request) -> Response:
        await self._portal.uninstall()
        return _see("/", said="removed")

    def _again(
        self, kind: Kind, record_id: int | None, form: dict[str, Any], problem: FormProblem
    ) -> Response:
        """The form as it was filled in, with what is wrong with it."""
        filled = {name: value for name, value in form.items() if name != "before"}
        notice = Notice(str(problem), is_trouble=True)
        return _page(self._views.record(kind, record_id, notice, filled), status=422)

    def _user(self, form: dict[str, Any]) -> int:
        """Who has done it; 0 is nobody.

        Raises:
            FormProblem: there is no such user.
        """
        chosen = str(form.get("by", "1"))
        if chosen == "0":
            return 0
        if not _is_number(chosen) or int(chosen) not in self._portal.ids("user"):
            raise FormProblem(f"there is no user {chosen}")
        return int(chosen)

    def _notice(self, request: Request) -> Notice | None:
        """What a redirect says of the form before it."""
        said = request.query_params.get("said", "")
        match said:
            case "added" | "changed" | "deleted":
                kind = _kind_of(request)
                record_id = request.query_params.get("id", "")
                if not _is_number(record_id):
                    return None
                action = {"added": "ADD", "changed": "UPDATE", "deleted": "DELETE"}[said]
                note = self._views.event_note(kind, action)
                return Notice(f"{singular(kind)} {record_id} was {said}. {note}")
            case "told":
                return Notice("The webhook is there. Change a record, and watch.")
            case "untold":
                return Notice("The webhook is gone.")
            case "installed":
                return Notice("The app has taken its installation.")
            case "removed":
                return Notice("The app is removed.")
            case "refused":
                return Notice("The app has refused its installation.", is_trouble=True)
            case "unreached":
                return Notice("The app was not reached; does it run?", is_trouble=True)
        return None

    async def _explain(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return _page(
            self._views.trouble(error.detail, f"{request.method} {request.url.path}"),
            status=error.status_code,
        )

    async def _miss(self, request: Request, error: Exception) -> Response:
        return _page(self._views.trouble("Not there", str(error.args[0])), status=404)


def _kind_of(request: Request) -> Kind:
    try:
        return kind_named(request.path_params["kind"])
    except LookupError as error:
        raise HTTPException(404, str(error.args[0])) from None


async def _form_of(request: Request) -> dict[str, Any]:
    try:
        return dict(decode_form(await request.body(), _LIMITS))
    except FormError as error:
        raise HTTPException(400, str(error)) from None


def _url_of(form: dict[str, Any]) -> str:
    url = str(form.get("url", "")).strip()
    if not is_http_url(url):
        raise HTTPException(422, "An address begins with http:// or https://")
    return url


def is_http_url(text: str) -> bool:
    """Whether this is an address that a portal can post to."""
    try:
        parts = urlsplit(text)
        httpx.URL(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except (ValueError, httpx.InvalidURL):
        return False


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 16


def _name_of(host: str) -> str:
    """``localhost:8080`` without its port."""
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdecimal() else host


def _page(html: Html, *, status: int = 200) -> Response:
    return HTMLResponse(html, status, headers=_HEADERS)


def _refused(why: str) -> Response:
    return PlainTextResponse(f"{why}\n", 403, headers=_HEADERS)


def _see(path: str, **said: object) -> Response:
    """Lead the browser on to a page that can be loaded again."""
    return RedirectResponse(f"{path}?{urlencode(said)}", 303, headers=_HEADERS)


def _static(name: str, media_type: str) -> Any:
    content = Path(__file__).with_name(name).read_bytes()

    async def answer(request: Request) -> Response:
        return Response(content, media_type=media_type, headers=_HEADERS)

    return answer
