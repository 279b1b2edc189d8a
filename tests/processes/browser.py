"""Chromium without a window, driven by its own protocol: clicks and keys as from a person.

Source: the Chrome DevTools Protocol, domains Target, Page, Runtime and Input.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.serving import PATIENCE, eventually

_SWITCHES = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
    *("--no-first-run", "--disable-extensions", "--disable-background-networking"),
    *("--disable-component-update", "--hide-scrollbars", "--remote-debugging-port=0"),
)


def chromium() -> str:
    """The browser's program. Without one the test is skipped, but not in CI."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name)
        if found:
            return found
    how = "there is no chromium; on Debian install it by: apt-get install chromium"
    if os.environ.get("CI"):
        pytest.fail(f"CI has to look at the page: {how}")
    pytest.skip(f"NOT TESTED: the page of the fake portal in a browser; {how}")


class Browser:
    """One tab of a browser."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self._session: str | None = None

    async def begin(self) -> None:
        """Open the tab."""
        target = await self._send("Target.createTarget", url="about:blank")
        found = await self._send("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        self._session = found["sessionId"]

    async def resize(self, width: int, height: int) -> None:
        """Give the window this size, in CSS pixels."""
        await self._send(
            "Emulation.setDeviceMetricsOverride",
            **{"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False},
        )

    async def go(self, url: str) -> None:
        """Load a page."""
        answer = await self._send("Page.navigate", url=url)
        assert "errorText" not in answer, answer
        await self.until(f"document.readyState == 'complete' && location.href == {json.dumps(url)}")

    async def value(self, expression: str) -> Any:
        """What JavaScript has for this expression; an error of the page is an AssertionError."""
        answer = await self._send(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    async def until(self, expression: str) -> None:
        """Wait until an expression is true; the page may change meanwhile."""

        async def holds() -> bool:
            try:
                return bool(await self.value(f"Boolean({expression})"))
            except (AssertionError, ProtocolError):
                return False  # between two pages

        try:
            await eventually(holds)
        except TimeoutError:
            text = await self.value("location.href + '\\n' + document.body.innerText")
            raise AssertionError(f"this never held: {expression}\n{text}") from None

    async def click(self, selector: str) -> None:
        """Press the mouse on an element, as soon as it is there for good."""
        found = f"document.querySelector({json.dumps(selector)})"
        await self.until(f"document.readyState == 'complete' && {found}")
        where = await self.value(
            f"(() => {{ const element = {found};"
            " element.scrollIntoView({block: 'center', behavior: 'instant'});"
            " const box = element.getBoundingClientRect();"
            " return [box.x + box.width / 2, box.y + box.height / 2]; })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            await self._send(
                "Input.dispatchMouseEvent",
                **{"type": kind, "x": where[0], "y": where[1], "button": "left", "clickCount": 1},
            )

    async def enter(self, selector: str, text: str) -> None:
        """Click into a field and type a text in place of the old one."""
        await self.click(selector)
        await self.value("document.activeElement.select()")
        await self._send("Input.insertText", text=text)

    async def picture(self) -> bytes:
        """What is to be seen, as a PNG file."""
        answer = await self._send("Page.captureScreenshot", format="png")
        return base64.b64decode(answer["data"])

    async def _send(self, method: str, **params: Any) -> dict[str, Any]:
        number = next(self._numbers)
        message: dict[str, Any] = {"id": number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        await self._socket.send_json(message)
        async with asyncio.timeout(PATIENCE):
            while True:
                answer = await self._socket.receive_json()
                if answer.get("id") == number:
                    break
        if "error" in answer:
            raise ProtocolError(f"{method}: {answer['error']}")
        result: dict[str, Any] = answer["result"]
        return result


class ProtocolError(Exception):
    """The browser does not do what it was told."""


@asynccontextmanager
async def browsing(folder: Path) -> AsyncIterator[Browser]:
    """A browser of its own for the length of the block.

    Args:
        folder: for its profile and what it says.
    """
    profile, program = folder / "profile", chromium()
    with (folder / "chromium.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(program, *_SWITCHES, f"--user-data-dir={profile}", "about:blank"),
            stdout=log,
            stderr=log,
            env={**os.environ, "HOME": str(folder)},
            start_new_session=True,
        )
    try:
        address = profile / "DevToolsActivePort"

        def is_up() -> bool:
            assert process.returncode is None, (folder / "chromium.log").read_text()
            return address.exists() and address.read_text().count("\n") == 1

        await eventually(is_up)
        port, path = address.read_text().splitlines()
        url = f"ws://127.0.0.1:{port}{path}"
        async with aiohttp.ClientSession() as http, http.ws_connect(url, max_msg_size=0) as socket:
            browser = Browser(socket)
            await browser.begin()
            yield browser
            await socket.send_json({"id": 0, "method": "Browser.close"})
            async with asyncio.timeout(PATIENCE):
                await process.wait()
    finally:
        if process.returncode is None:
            process.kill()  # its children end with it
            await process.wait()
