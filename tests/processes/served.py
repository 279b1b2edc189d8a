"""A server without the framework around it, for tests that attack it, stop it or starve it.

``python -m tests.processes.served PORT LIMITS`` listens and says ``ready``; the limits are a JSON
object. SIGTERM stops it as a deployment would. With ``again`` as a third argument it then listens
anew, which saves many stops the time of many starts.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from typing import Any, Final

from bitrix_events.server.limits import Limits
from bitrix_events.server.server import Server, loop_factory
from bitrix_events.server.sockets import listen, raise_descriptor_limit

BIG_ANSWER: Final = 16 * 1024 * 1024
_eaten: list[int] = []
_is_stopping = asyncio.Event()


async def honest_app(scope: Any, receive: Any, send: Any) -> None:
    """Reads the body and answers with what it has seen.

    ``/big`` is answered at length, ``/slow`` when the server was told to stop, ``/eat`` takes all
    descriptors there are, and ``/free`` gives them back.
    """
    size, more, path = 0, True, scope["path"]
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        size += len(message["body"])
        more = message["more_body"]
    if path == "/slow":
        await _is_stopping.wait()
    elif path == "/eat":
        eat()
    elif path == "/free":
        while _eaten:
            os.close(_eaten.pop())
    elif path == "/big":
        length = [(b"content-length", str(BIG_ANSWER).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": length})
        piece = bytes(BIG_ANSWER // 16)
        for number in range(16):
            await send({"type": "http.response.body", "body": piece, "more_body": number < 15})
        return
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    body = json.dumps({"size": size, "path": path, "headers": headers}).encode()
    length = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": length})
    await send({"type": "http.response.body", "body": body})


def eat() -> None:
    """Open files until no more can be opened."""
    while True:
        try:
            _eaten.append(os.open(os.devnull, os.O_RDONLY))
        except OSError:
            return


async def serve(port: int, limits: Limits) -> None:
    """Serve until SIGTERM."""
    loop = asyncio.get_running_loop()
    server = Server(honest_app, listen("127.0.0.1", port), limits)

    def stop() -> None:
        server.stop()
        _is_stopping.set()

    loop.add_signal_handler(signal.SIGTERM, stop)
    await server.serve(lambda: print("ready", flush=True))


def main(port: int, limits: Limits, *, again: bool) -> None:
    """Serve once, or again and again."""
    raise_descriptor_limit()
    while True:
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(serve(port, limits))
        print("stopped", flush=True)
        if not again:
            return


if __name__ == "__main__":
    main(int(sys.argv[1]), Limits(**json.loads(sys.argv[2])), again="again" in sys.argv)
