"""The REST client against b24pysdk, fast_bitrix24 and b24api, on a fake portal with real limits.

The portal, and each job of each client, is a process of its own. The peers are installed once into
a virtual environment of their own. Goals are those of the figures that are printed beside them.

1. ``read``: rows of a list, on a portal without limits. The first column of seconds has a portal
   that computes each answer on one core; the second one that repeats them from memory, so that the
   client is all that is measured.
2. ``paced``: the same with the leaky bucket, 50 ms for each request and 15 ms for each command.
3. ``update``: many updates, with bucket and latency.
4. ``storm``: many single calls at once, with bucket and latency.
5. ``single``: CPU time of one call, against httpx and aiohttp.
6. ``faults``: answers that are lost, commands that fail, a token that expires, a portal that moves.

Run it with ``python -m tests.benchmarks.rest [--quick] [--only NAME]``.
"""

from __future__ import annotations

import argparse
import math
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from tests.benchmarks.rest_peers.control import (
    Bench,
    Conditions,
    Contender,
    Portal,
    Result,
    peers_python,
    versions,
)
from tests.benchmarks.rest_peers.faults import run_faults
from tests.benchmarks.rest_peers.single import run_single

STREAM: Final = Contender("bitrix_events", "stream")
COLLECT: Final = Contender("bitrix_events", "collect")
UPDATE: Final = Contender("bitrix_events", "update")
STORM: Final = Contender("bitrix_events", "storm")
READING_PEERS: Final = (
    Contender("b24pysdk", "as_list"),
    Contender("b24pysdk", "as_list_fast"),
    Contender("fast_bitrix24", "get_all"),
    Contender("b24api", "list_batched"),
    Contender("b24api", "list_batched_no_count"),
)
UPDATING_PEERS: Final = [
    Contender(name, "update") for name in ("b24pysdk", "fast_bitrix24", "b24api")
]
STORMING_PEERS: Final = [Contender(name, "storm") for name in ("fast_bitrix24", "b24api")]
MIB: Final = 1024 * 1024
PACED: Final = Conditions(limited=True, slow=True)
"""A portal with its real limits, that takes as long as a real one."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is done."""

    ours: Sequence[Contender] = (STREAM, COLLECT)
    reading_peers: Sequence[Contender] = READING_PEERS
    read: Sequence[int] = (120, 2_500, 10_000, 50_000, 250_000)
    replays: int = 4
    gaps: int = 50_000
    paced: int = 50_000
    paced_long: int = 250_000
    update: int = 5_000
    storm: int = 2_000
    storm_seconds: float = 30.0
    single: int = 6_000
    faults_read: int = 50_000
    faults_write: int = 1_500
    peer_seconds: float = 100.0
    fault_seconds: float = 40.0
    slow: bool = False


QUICK: Final = Sizes(
    read=(120, 50_000),
    replays=1,
    gaps=10_000,
    ours=(STREAM,),
    reading_peers=READING_PEERS[:3:2],
    paced=5_000,
    paced_long=0,
    update=1_000,
    storm=500,
    storm_seconds=1.0,
    single=1_000,
    faults_read=10_000,
    faults_write=100,
    peer_seconds=3.0,
    fault_seconds=2.0,
)


class Report:
    """Prints figures, and remembers which goals were missed."""

    def __init__(self) -> None:
        self._goals = 0
        self._missed: list[str] = []
        self._heading = ""

    def heading(self, text: str) -> None:
        self._heading = text
        print(f"\n{text}", flush=True)

    def result(
        self, contender: Contender, result: Result, count: int, *, against: Result | None = None
    ) -> None:
        ratio = f"{result.wall / against.wall:7.2f} x ours" if against else f"{'':14}"
        print(
            f"{contender!s:34} {result.requests:6} requests {result.commands:6} commands"
            f" {result.refusals:5} refused {result.wall:8.2f} s {result.cpu:7.2f} s CPU"
            f" {result.memory / MIB:5.0f} MiB {ratio} {fate(result, count)}",
            flush=True,
        )
        if contender.is_ours:
            self.goal("not done", count - result.rows, 0)

    def goal(self, what: str, figure: float, most: float, *, note: str = "") -> None:
        self._goals += 1
        mark = "ok"
        if not figure <= most:
            mark = "MISSED"
            self._missed.append(f"  {self._heading}: {what} {_plain(figure)} > {_plain(most)}")
        note = f"  ({note})" if note else ""
        print(f"  goal: {what}: {_plain(figure)}, at most {_plain(most)}: {mark}{note}", flush=True)

    def summary(self) -> str:
        return "\n".join(
            [f"{len(self._missed)} of {self._goals} goals missed", *self._missed],
        )


def _plain(number: float) -> str:
    return f"{number:,.2f}".rstrip("0").rstrip(".") if number % 1 else f"{number:,.0f}"


def main() -> None:
    measures: dict[str, Callable[[Bench, Sizes, Report], None]] = {
        "read": read,
        "paced": paced,
        "update": update,
        "storm": storm,
        "single": single,
        "faults": faults,
    }
    options = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    options.add_argument("--quick", action="store_true", help="less of everything: one minute")
    options.add_argument("--slow", action="store_true", help="250,000 paced rows of the peers, too")
    options.add_argument("--only", choices=measures, action="append", help="only this measure")
    options.add_argument("--venv", type=Path, default=_default_venv(), help="where the peers are")
    chosen = options.parse_args()
    python = peers_python(chosen.venv)
    print(f"peers: {versions(python)}")
    began = time.perf_counter()
    with Portal() as portal:
        bench, report = Bench(portal, python), Report()
        sizes = replace(QUICK if chosen.quick else Sizes(), slow=chosen.slow)
        for name in chosen.only or measures:
            measures[name](bench, sizes, report)
    print(f"\n{time.perf_counter() - began:.0f} s; {report.summary()}")


def _default_venv() -> Path:
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "bitrix_events" / "rest_benchmark"


# Reading.


def read(bench: Bench, sizes: Sizes, report: Report) -> None:
    for count in sizes.read:
        report.heading(f"read {count:,} rows, limits off")
        print(f"{'':34} requests commands    s 1 core  s replayed   CPU s  MiB  wall   CPU")
        everybody = (*sizes.ours, *sizes.reading_peers)
        times = sizes.replays if count == max(sizes.read) else 1
        found = bench.run_and_replay(everybody, count, Conditions(), times=times)
        peers = [found[peer] for peer in sizes.reading_peers if not found[peer][1].error]
        fastest = min(replayed.wall for _, replayed in peers)
        fastest_working = min(working.wall for working, _ in peers)
        thriftiest = min(replayed.cpu for _, replayed in peers)
        for contender, (working, replayed) in found.items():
            print(
                f"{contender!s:34} {replayed.requests:8} {replayed.commands:8}"
                f" {working.wall:11.3f} {replayed.wall:11.3f} {replayed.cpu:7.3f}"
                f" {replayed.memory / MIB:4.0f} {replayed.wall / fastest:5.2f}"
                f" {replayed.cpu / thriftiest:5.2f} {fate(replayed, count)}"
            )
        working, ours = found[STREAM]
        report.goal("rows missing", 2 * count - working.rows - ours.rows, 0)
        most = math.floor(1.06 * math.ceil(count / 2500) + 3)
        report.goal("requests", ours.requests, most, note=f"the least is {math.ceil(count / 2500)}")
        if count == 120:
            report.goal("commands", ours.commands, 3)
        if count >= 250_000:
            report.goal("CPU, of the thriftiest peer", ours.cpu / thriftiest, 0.8)
            report.goal(
                "seconds, of the fastest peer",
                ours.wall / fastest,
                0.75,
                note=f"where the portal computes: {working.wall / fastest_working:.2f}",
            )
        report.goal("MiB while streaming", ours.memory / MIB, 20)
    for shape in ("third deleted", "two clusters"):
        count = sizes.gaps
        report.heading(f"read {count:,} rows, limits off, ids: {shape}")
        ours = bench.run(STREAM, count, Conditions(shape=shape))
        report.result(STREAM, ours, count)
        report.goal("requests", ours.requests, math.floor(1.06 * math.ceil(count / 2500) + 3))
        report.goal("MiB while streaming", ours.memory / MIB, 20)


def paced(bench: Bench, sizes: Sizes, report: Report) -> None:
    count = sizes.paced
    report.heading(f"read {count:,} rows, 50 requests and 2/s, 50 ms + 15 ms per command")
    ours = bench.run(STREAM, count, PACED)
    report.result(STREAM, ours, count)
    alone = [peer for peer in sizes.reading_peers if peer.name == "fast_bitrix24"]
    waiting = [peer for peer in sizes.reading_peers if peer not in alone]
    found = {peer: bench.run(peer, count, PACED, seconds=sizes.peer_seconds) for peer in alone}
    found |= bench.run_together(waiting, count, PACED, seconds=sizes.peer_seconds)
    for peer, result in found.items():
        report.result(peer, result, count, against=ours)
    walls = [result.wall for result in found.values() if not fate(result, count)]
    if count >= 50_000:
        least = min(walls, default=math.inf)
        report.goal("seconds, of the fastest peer", ours.wall / least, 1.0)
    report.goal("refusals", ours.refusals, 0)
    count = sizes.paced_long
    if not count:
        return
    report.heading(f"read {count:,} rows, 50 requests and 2/s, 50 ms + 15 ms per command")
    ours = bench.run(STREAM, count, PACED)
    report.result(STREAM, ours, count)
    if sizes.slow:
        for peer, result in bench.run_together(READING_PEERS, count, PACED, seconds=300.0).items():
            report.result(peer, result, count, against=ours)
    least = (ours.requests - 50) / 2
    report.goal("seconds, of (requests - 50) / 2 s", ours.wall / least, 1.10, note=f"{least:.1f} s")
    report.goal("refusals", ours.refusals, 0)
    report.goal("MiB while streaming", ours.memory / MIB, 20)


# Writing, and single calls.


def update(bench: Bench, sizes: Sizes, report: Report) -> None:
    count = sizes.update
    report.heading(f"update {count:,} deals, 50 requests and 2/s, 50 ms + 15 ms per command")
    ours = bench.run(UPDATE, count, PACED)
    report.result(UPDATE, ours, count)
    peers = bench.run_together(UPDATING_PEERS, count, PACED, seconds=sizes.peer_seconds)
    for peer, result in peers.items():
        report.result(peer, result, count, against=ours)
    report.goal("requests", ours.requests, math.ceil(count / 50))
    least = (math.ceil(count / 50) - 50) / 2
    if least > 5:
        report.goal(
            "seconds, of (requests - 50) / 2 s", ours.wall / least, 1.05, note=f"{least:.1f} s"
        )
    report.goal("refusals", ours.refusals, 0)


def storm(bench: Bench, sizes: Sizes, report: Report) -> None:
    count = sizes.storm
    report.heading(
        f"{count:,} single calls at once, 50 requests and 2/s, 50 ms + 15 ms per command"
    )
    ours = bench.run(STORM, count, PACED)
    report.result(STORM, ours, count)
    peers = bench.run_together(STORMING_PEERS, count, PACED, seconds=sizes.storm_seconds)
    for peer, result in peers.items():
        report.result(peer, result, count, against=ours)
    report.goal("requests", ours.requests, math.ceil(count / 50) + 4)
    report.goal("seconds", ours.wall, 2.0)
    report.goal("refusals", ours.refusals, 0)


def single(bench: Bench, sizes: Sizes, report: Report) -> None:
    report.heading("one call on plain loopback: CPU time of the client")
    ours, httpx = run_single(sizes.single)
    report.goal("ms of CPU", ours, 0.5)
    report.goal("of httpx with its own pool", ours / httpx, 1 / 3)


def faults(bench: Bench, sizes: Sizes, report: Report) -> None:
    report.heading(
        f"3 % of answers lost as 503, 1 % resets, 0.2 % of commands fail: {sizes.faults_read:,}"
        f" rows, {sizes.faults_write:,} creates, {sizes.faults_write:,} updates"
    )
    goals = run_faults(bench, sizes.faults_read, sizes.faults_write, sizes.fault_seconds)
    for what, figure in goals.items():
        report.goal(what, figure, 0)


def fate(result: Result, count: int) -> str:
    """What is to be said about a client that did not do all of it; ``""`` if it did."""
    notes = [] if result.rows == count else [f"{result.rows:,} of {count:,}"]
    return "; ".join(notes + ([result.error] if result.error else []))


if __name__ == "__main__":
    main()
