"""Measures one job of one client in a process of its own, and prints the figures as JSON."""

from __future__ import annotations

import json
import os
import re
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

Outcomes = dict[str, str]
"""What the caller was told about each write: ``done``, ``unknown`` or ``failed``."""


class Job:
    """What is to be done, and what has been done so far.

    Attributes:
        url: root of the incoming webhook, ending in a slash.
        count: rows, records or calls.
        unlimited: whether the portal takes any number of requests.
        extra: what only some jobs need.
        rows: how many rows or records are done.
        ids: those of the rows, if they are wanted.
        outcomes: of writes, by their title.
    """

    def __init__(self, order: Mapping[str, Any]) -> None:
        self.url: str = order["url"]
        self.count: int = order["count"]
        self.unlimited: bool = order["unlimited"]
        self.extra: Mapping[str, Any] = order["extra"]
        self.wants_ids: bool = order["wants_ids"]
        self.rows = 0
        self.ids: list[int] = []
        self.outcomes: Outcomes = {}

    @property
    def domain(self) -> str:
        return self.url.split("/")[2]

    def take(self, rows: Iterable[Any]) -> None:
        """Read rows as a program does that keeps none of them."""
        if self.wants_ids:
            for row in rows:
                self.ids.append(int(row["ID"]))
            self.rows = len(self.ids)
        elif isinstance(rows, list):
            self.rows += len(rows)
        else:
            for _ in rows:
                self.rows += 1


Work = Callable[[Job], None]


def main(jobs: Mapping[str, Work]) -> None:
    """Run the job that is ordered on the command line. It ends when it is over, or its time."""
    order = json.loads(sys.argv[1])
    job = Job(order)
    began = _Began()
    if order["seconds"]:
        late = threading.Timer(order["seconds"], _give_up, (job, began, order["seconds"]))
        late.daemon = True
        late.start()
    error = ""
    try:
        jobs[order["how"]](job)
    except Exception as problem:
        error = _described(problem)
        if order["extra"].get("debug"):
            traceback.print_exc()
    _report(job, began, error)


class _Began:
    def __init__(self) -> None:
        _forget_peak()
        self.memory = _memory("VmRSS")
        self.cpu = time.process_time()
        self.wall = time.perf_counter()


def _give_up(job: Job, began: _Began, seconds: float) -> None:
    _report(job, began, f"stopped after {seconds:.0f} s")


def _report(job: Job, began: _Began, error: str) -> None:
    """Print the figures and end the process, whatever else is still under way in it."""
    wall = time.perf_counter() - began.wall
    cpu = time.process_time() - began.cpu
    figures = {
        "rows": job.rows,
        "wall": wall,
        "cpu": cpu,
        "memory": _memory("VmHWM") - began.memory,
        "error": error,
        "ids": job.ids,
        "outcomes": job.outcomes,
    }
    sys.stdout.write(json.dumps(figures) + "\n")
    sys.stdout.flush()
    os._exit(0)


def _described(problem: BaseException) -> str:
    text = re.sub(r"https?://\S+", "", str(problem)).split("\n")[0]
    return f"{type(problem).__name__}: {text[:120]}"


def _memory(name: str) -> int:
    """A figure of this process in bytes: ``VmRSS``, or ``VmHWM``, its peak."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"/proc/self/status has no {name}; this benchmark runs on Linux")


def _forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")
