"""An app whose handlers write down when they begin and end, and what can be read from that."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from typing import Final

from bitrix_events.wire.form import encode_form
from tests.corpus import MEMBER_ID, WEBHOOK_TOKEN

APP: Final = """
import asyncio, os, signal, time

from bitrix_events import App, Delivery, Event, RetryPolicy

app = App(retry=RetryPolicy(attempts=50, base=0.01))
record = os.open(os.environ["RECORD"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)


def note(what, handler="-", number=0, delivery=0):
    line = f"{what} {os.getpid()} {time.monotonic():.6f} {handler} {number} {delivery}\\n"
    os.write(record, line.encode())


note("started")


@app.on("ONCRMDEALADD", "ONCRMDEALUPDATE", "ONCRMDEALDELETE")
async def quick(event: Event, delivery: Delivery) -> None:
    fields = event.data["FIELDS"]
    number = int(fields["NUMBER"])
    note("begun", "quick", number, delivery.id)
    try:
        await asyncio.sleep(float(fields["SECONDS"]))
        if fields["DOES"] == "exit":
            os._exit(1)
        if fields["DOES"] == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if fields["DOES"] == "fail" and delivery.attempt == 1:
            raise RuntimeError("on purpose")
    except BaseException:
        note("failed", "quick", number, delivery.id)
        raise
    note("done", "quick", number, delivery.id)


@app.on("ONCRMDEALADD")
def threaded(event: Event, delivery: Delivery) -> None:
    number = int(event.data["FIELDS"]["NUMBER"])
    note("begun", "threaded", number, delivery.id)
    time.sleep(0.001)
    note("done", "threaded", number, delivery.id)
"""
_LIFE: Final = ("ADD", "UPDATE", "UPDATE", "DELETE")
"""What is said about one deal, in about this order: connections race."""
_HANDLERS: Final = {"ADD": ("quick", "threaded"), "UPDATE": ("quick",), "DELETE": ("quick",)}


def environment(record: Path, *, workers: int) -> dict[str, str]:
    """Variables for the app."""
    return {
        "RECORD": str(record),
        "BITRIX_EVENTS_WEBHOOK_URL": "https://acme.bitrix24.com/rest/1/code/",
        "BITRIX_EVENTS_APPLICATION_TOKEN": WEBHOOK_TOKEN,
        "BITRIX_EVENTS_WORKERS": str(workers),
        "BITRIX_EVENTS_PORTAL_CONCURRENCY": str(workers),
    }


def deal_of(number: int) -> int:
    """The deal that a numbered event is about."""
    return number // len(_LIFE) + 1


def handlers_of(number: int) -> tuple[str, ...]:
    """Which handlers run for a numbered event."""
    return _HANDLERS[_LIFE[number % len(_LIFE)]]


def numbered_event(number: int, *, seconds: float = 0.0, does: str = "") -> bytes:
    """The body of an event.

    Args:
        seconds: how long its handler takes.
        does: how the handler ends, if not well: ``"fail"`` in the first attempt; ``"exit"`` or
            ``"kill"``, with the process.
    """
    return encode_form(
        {
            "event": f"ONCRMDEAL{_LIFE[number % len(_LIFE)]}",
            "data": {
                "FIELDS": {
                    "ID": deal_of(number),
                    "NUMBER": number,
                    "SECONDS": f"{seconds:.4f}",
                    "DOES": does,
                }
            },
            "ts": int(time.time()),
            "auth": {"application_token": WEBHOOK_TOKEN, "member_id": MEMBER_ID},
        }
    )


class Record:
    """What the handlers have written down, read as it grows.

    Attributes:
        completed: how often each handler completed each numbered event.
        last: the newest delivery that each handler has completed, by deal.
        misordered: runs that began before an older delivery of their lane.
        overlapping: runs that began while another one of their lane was under way.
        repeats: completions beyond the first, by the process in which that was.
        rerun: seconds from the start of a process to its first run of what was interrupted.
    """

    def __init__(self, path: Path) -> None:
        self.completed: Counter[tuple[int, str]] = Counter()
        self.last: dict[tuple[str, int], int] = {}
        self.misordered: list[str] = []
        self.overlapping: list[str] = []
        self.repeats: Counter[int] = Counter()
        self.rerun: list[float] = []
        self._path = path
        self._offset = 0
        self._started: dict[int, float] = {}
        self._is_first_rerun = False
        self._begun: dict[tuple[str, int], int] = {}
        self._running: dict[tuple[str, int], tuple[int, int]] = {}
        self._completed_by: dict[tuple[int, str], int] = {}

    def read_on(self) -> None:
        """Read what was written since the last time."""
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            file.seek(self._offset)
            text = file.read()
        whole, _, _ = text.rpartition(b"\n")
        if not whole:
            return
        self._offset += len(whole) + 1
        for line in whole.decode().split("\n"):
            what, pid, moment, handler, number, delivery = line.split()
            if what == "started":
                self._started[int(pid)] = float(moment)
                self._is_first_rerun = True
                continue
            lane = (handler, deal_of(int(number)))
            if what == "begun":
                self._begin(lane, int(pid), float(moment), int(delivery), line)
                continue
            self._running.pop(lane, None)
            if what == "done":
                self._complete(lane, int(pid), int(number), int(delivery))

    def _begin(
        self, lane: tuple[str, int], pid: int, moment: float, delivery: int, line: str
    ) -> None:
        running = self._running.get(lane)
        if running is not None:
            if running[0] == pid:
                self.overlapping.append(f"while delivery {running[1]} ran: {line}")
            elif self._is_first_rerun:
                self._is_first_rerun = False
                self.rerun.append(moment - self._started[pid])
        if delivery < self._begun.get(lane, 0):
            self.misordered.append(f"after delivery {self._begun[lane]} had begun: {line}")
        self._begun[lane] = delivery
        self._running[lane] = (pid, delivery)

    def _complete(self, lane: tuple[str, int], pid: int, number: int, delivery: int) -> None:
        run = (number, lane[0])
        self.completed[run] += 1
        self.last[lane] = max(delivery, self.last.get(lane, 0))
        if run in self._completed_by:
            self.repeats[self._completed_by[run]] += 1
        self._completed_by[run] = pid
