"""How fast the engine is, and how even: against what people write by hand, in one run.

1. ``intake``: POST to 200 on 32 keep-alive connections. Every server is one process on one core,
   the load comes from another one. Ours commits and syncs each event before its 200, and runs a
   handler for it meanwhile.
2. ``flow``: from the POST to the end of the handler, for one portal and for fifty.
3. ``fairness``: how long the events of twenty quiet portals wait, while another portal has 100,000
   events to work off, and while the handlers of another one hang.
4. ``start``: a store in which 1,000,000 executions wait.
5. ``blocked``: POST to 200 while a handler blocks its event loop, and while one burns processor
   time.
6. ``inside``: the parts by themselves: the store, reading and proving an event.

Run it with ``python -m tests.benchmarks.engine [--quick] [--only NAME]``, on a quiet machine with
two cores. The peers need python-multipart.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import os
import platform
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import uvloop

from bitrix_events.store.records import Stats
from bitrix_events.store.sqlite.store import SqliteStore
from tests.benchmarks.engine_inside import fill, group_commit, one_commit_each, prove
from tests.benchmarks.engine_servers import (
    LOAD_CORE,
    OAUTH,
    ROOT,
    SERVER_CORE,
    WEBHOOK,
    Figures,
    Load,
    Trickle,
    body,
    install,
    measure,
    ours,
    serving,
    uvicorn,
)
from tests.corpus import MEMBER_ID


@dataclass(frozen=True)
class Sizes:
    """How much is done."""

    rounds: int = 3
    seconds: float = 3.0
    flow: int = 15_000
    flood: int = 100_000
    fairness_seconds: float = 10.0
    waiting: int = 1_000_000


FEW: Final = 20_000
QUICK: Final = Sizes(
    rounds=1, seconds=1.0, flow=3_000, flood=10_000, fairness_seconds=3.0, waiting=50_000
)


class Report:
    """Prints figures, and remembers which goals were missed."""

    def __init__(self) -> None:
        self._missed: list[str] = []
        self._goals = 0

    def heading(self, text: str) -> None:
        print(f"\n{text}", flush=True)

    def line(self, name: str, text: str) -> None:
        print(f"  {name:44} {text}", flush=True)

    def goal(
        self, what: str, figure: float, *, least: float | None = None, most: float = math.inf
    ) -> None:
        self._goals += 1
        wanted = f"at most {most:g}" if least is None else f"at least {least:g}"
        is_met = figure <= most if least is None else figure >= least
        if not is_met:
            self._missed.append(f"  {what}: {figure:.3g}, {wanted}")
        print(f"  goal: {what}: {figure:.3g}, {wanted}: {'ok' if is_met else 'MISSED'}", flush=True)

    def summary(self) -> str:
        return "\n".join([f"{len(self._missed)} of {self._goals} goals missed", *self._missed])


def main() -> None:
    parts: dict[str, Callable[[Path, Sizes, Report], None]] = {
        "intake": intake,
        "flow": flow,
        "fairness": fairness,
        "start": start,
        "blocked": blocked,
        "inside": inside,
    }
    options = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    options.add_argument("--quick", action="store_true", help="less of everything")
    options.add_argument("--only", choices=parts, action="append", help="only this part")
    chosen = options.parse_args()
    report, sizes = Report(), QUICK if chosen.quick else Sizes()
    print(
        f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python"
        f" {platform.python_version()}, SQLite {sqlite3.sqlite_version}, load average"
        f" {os.getloadavg()[0]:.1f}"
    )
    os.sched_setaffinity(0, {LOAD_CORE})
    with tempfile.TemporaryDirectory(dir=ROOT, prefix=".benchmark-") as folder:
        for name in chosen.only or parts:
            place = Path(folder) / name
            place.mkdir()
            parts[name](place, sizes, report)
    print(f"\n{report.summary()}")


# Intake.


@dataclass(frozen=True)
class Contender:
    """One way to receive events."""

    name: str
    command: tuple[str, ...]
    is_ours: bool = False


HELLO: Final = Contender("uvicorn, hello", uvicorn("hello:app"))
FORM: Final = Contender("by hand: form, token, nothing stored", uvicorn("form:app"))
COMMITS: Final = (
    Contender("by hand: one commit each", uvicorn("commit:app")),
    Contender("by hand: one commit each, in a thread", uvicorn("commit:threaded_app")),
)
GROUPED: Final = Contender("by hand: commits in groups", uvicorn("grouped:app"))
OURS: Final = Contender("bitrix-events run", ours(), is_ours=True)


def intake(folder: Path, sizes: Sizes, report: Report) -> None:
    report.heading("POST to 200, 32 connections, one process on one core")
    found: dict[Contender, list[Figures]] = {}
    for number in range(sizes.rounds):
        for contender in (HELLO, FORM, *COMMITS, GROUPED, OURS):
            path = folder / f"{number}-{len(found)}.db"
            variables = {**WEBHOOK, "BITRIX_EVENTS_STORE": f"sqlite:///{path}"}
            variables["PEER_STORE"] = str(path)
            with serving(contender.command, variables, core=SERVER_CORE) as server:
                figures = measure(server, sizes.seconds)
            found.setdefault(contender, []).append(figures)
            if contender.is_ours:
                assert _count(path) == figures.count, "something that was answered is not stored"
            _remove(path)
    commit = max(COMMITS, key=lambda one: _median(f.rate for f in found[one]))
    for contender, runs in found.items():
        rates = [figures.rate for figures in runs]
        report.line(
            contender.name,
            f"{_median(rates):7,.0f}/s ({min(rates):,.0f} to {max(rates):,.0f})"
            f"  p50 {_median(f.p50 for f in runs):5.1f} ms  p99 {_median(f.p99 for f in runs):5.1f}"
            f" ms  {_median(f.cpu for f in runs):4.0f} µs of processor"
            f"  {_ratio(found, contender, commit):5.2f} x one commit each",
        )
    report.goal("of one commit each", _ratio(found, OURS, commit), least=3.0)
    report.goal("of nothing stored", _ratio(found, OURS, FORM), least=1.0)
    slower = [ours.p99 / form.p99 for ours, form in zip(found[OURS], found[FORM], strict=True)]
    report.goal("p99, of nothing stored", _median(slower), most=2.0)


def _ratio(found: dict[Contender, list[Figures]], one: Contender, other: Contender) -> float:
    """Of the rates, round by round."""
    pairs = zip(found[one], found[other], strict=True)
    return _median(mine.rate / theirs.rate for mine, theirs in pairs)


def _median(values: Iterable[float]) -> float:
    return statistics.median(values)


def _count(path: Path) -> int:
    with closing(sqlite3.connect(path)) as db:
        (count,) = db.execute("SELECT count(*) FROM delivery").fetchone()
    return int(count)


def _remove(path: Path) -> None:
    for found in path.parent.glob(f"{path.name}*"):
        found.unlink()


# Flow.


def flow(folder: Path, sizes: Sizes, report: Report) -> None:
    report.heading(f"{sizes.flow:,} events, from the first POST to the end of the last handler")
    for count in (1, 50):
        path = folder / f"{count}.db"
        portals = _portals(count)
        variables = {**WEBHOOK, "BITRIX_EVENTS_STORE": f"sqlite:///{path}"}
        if count > 1:
            variables = {**OAUTH, "BITRIX_EVENTS_STORE": f"sqlite:///{path}"}
            uvloop.run(install(path, portals))

        rates = []
        for turn in range(sizes.rounds):

            def event(number: int, turn: int = turn, portals: list[str] = portals) -> bytes:
                portal = portals[number % len(portals)]
                return body(turn * sizes.flow + number, member_id=portal)

            with serving(ours(), variables, core=SERVER_CORE) as server:
                began = time.perf_counter()
                load = Load(event, most=sizes.flow)
                accepted = uvloop.run(load.run(server.port))
                uvloop.run(_all_handled(path))
                rates.append(sizes.flow / (time.perf_counter() - began))
        _remove(path)
        name = f"{count} portal{'s' if count > 1 else ''}"
        report.line(name, f"{_median(rates):7,.0f}/s, accepted at {sizes.flow / accepted:,.0f}/s")
        report.goal(f"events a second, {name}", _median(rates), least=3000)


async def _all_handled(path: Path) -> None:
    store = SqliteStore(path, mode="look")
    await store.open()
    while True:
        stats = await store.stats()
        if stats.waiting + stats.running == 0:
            break
        await asyncio.sleep(0.01)
    assert stats.dead == 0
    await store.close()


def _portals(count: int) -> list[str]:
    return [f"{number:032x}" for number in range(1, count + 1)]


# Fairness.


def fairness(folder: Path, sizes: Sizes, report: Report) -> None:
    report.heading("20 quiet portals with an event each 50 ms, beside a portal that is none")
    quiet, flood, hang = _portals(20), f"{100:032x}", f"{101:032x}"
    found: dict[str, list[float]] = {}
    for name, disturbers in {
        "alone": (),
        f"beside {sizes.flood:,} waiting events, 50 ms each": (flood,),
        "beside handlers that hang": (hang,),
        "beside both": (flood, hang),
    }.items():
        path, record = folder / f"{len(found)}.db", folder / f"{len(found)}.record"
        uvloop.run(install(path, [*quiet, *disturbers]))
        for portal in disturbers:
            count = sizes.flood if portal == flood else 100
            code = "ONCRMLEADADD" if portal == flood else "ONCRMCOMPANYADD"
            handler = "app.slow" if portal == flood else "app.hanging"
            uvloop.run(fill(path, count, portal=portal, code=code, handler=handler))
        variables = {
            **OAUTH,
            "BITRIX_EVENTS_STORE": f"sqlite:///{path}",
            "BITRIX_EVENTS_SHUTDOWN_SECONDS": "0",
            "RECORD": str(record),
        }
        with serving(ours(), variables, core=SERVER_CORE) as server:
            trickle = Trickle(quiet, period=0.05, seconds=sizes.fairness_seconds)
            uvloop.run(trickle.run(server.port))
            time.sleep(0.5)
            stats = uvloop.run(_stats(path))
            is_disturbed = stats.waiting > 0 and stats.running > 0
            assert is_disturbed == bool(disturbers), "the disturbance was none"
        waited = [float(line.split()[1]) for line in record.read_text().splitlines()]
        found[name] = waited
        cuts = statistics.quantiles(waited, n=100)
        share = len(waited) / len(found["alone"])
        report.line(
            name,
            f"{len(waited):,} of {trickle.answered:,} handled; stored to handled p50"
            f" {cuts[49]:.1f} ms, p99 {cuts[98]:.1f} ms; POST to 200 p99 {trickle.p99:.1f} ms",
        )
        if disturbers:
            report.goal(f"ms to the handler, p99, {name}", cuts[98], most=100)
            report.goal(f"of the throughput alone, {name}", share, least=0.9)
        _remove(path)


async def _stats(path: Path) -> Stats:
    store = SqliteStore(path, mode="look")
    await store.open()
    stats = await store.stats()
    await store.close()
    return stats


# Start.


def start(folder: Path, sizes: Sizes, report: Report) -> None:
    report.heading(f"a start with {sizes.waiting:,} executions that wait")
    found = {}
    for count in (FEW, sizes.waiting):
        path = folder / f"{count}.db"
        uvloop.run(fill(path, count, portal="webhook", code="ONCRMDEALADD", handler="app.nothing"))
        command = [sys.executable, "-m", "tests.benchmarks.engine_inside", str(path)]
        probed = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
        figures = found[count] = json.loads(probed.stdout)
        variables = {**WEBHOOK, "BITRIX_EVENTS_STORE": f"sqlite:///{path}"}
        with serving(ours(), variables, core=None) as server:
            figures["ready"] = server.ready_seconds
        report.line(
            f"{count:,} waiting",
            f"server ready in {figures['ready']:.2f} s; store open in {figures['open']:.3f} s;"
            f" claim p50 {figures['claim_p50']:.2f} ms, p99 {figures['claim_p99']:.2f} ms;"
            f" {figures['MiB']:.1f} MiB more",
        )
        _remove(path)
    many, few = found[sizes.waiting], found[FEW]
    report.goal("s to the first answer", many["ready"], most=1.0)
    report.goal("MiB more than with few", many["MiB"] - few["MiB"], most=32)
    report.goal("ms for a claim, p99", many["claim_p99"], most=5)


# Blocked.


def blocked(folder: Path, sizes: Sizes, report: Report) -> None:
    report.heading("POST to 200, an event each 2.5 ms, while a handler misbehaves")
    for name, code in {
        "no handler runs": "ONCRMLEADUPDATE",
        "one blocks its event loop for 10 s": "ONCRMLEADDELETE",
        "one burns processor time for 10 s": "ONCRMCOMPANYDELETE",
    }.items():
        path = folder / f"{code}.db"
        variables = {
            **WEBHOOK,
            "BITRIX_EVENTS_STORE": f"sqlite:///{path}",
            "BITRIX_EVENTS_SHUTDOWN_SECONDS": "0",
        }
        with serving(ours(), variables, core=None) as server:
            uvloop.run(Load(partial(body, code=code), most=1).run(server.port))
            time.sleep(0.2)
            trickle = Trickle([MEMBER_ID] * 8, period=0.02, seconds=5.0)
            uvloop.run(trickle.run(server.port))
        report.line(name, f"p50 {trickle.p50:.1f} ms, p99 {trickle.p99:.1f} ms")
        report.goal(f"ms, p99, {name}", trickle.p99, most=50)
        _remove(path)


# The parts.


def inside(folder: Path, sizes: Sizes, report: Report) -> None:
    report.heading("the parts by themselves")
    alone = one_commit_each(folder / "single.db", sizes.seconds)
    grouped = uvloop.run(group_commit(folder / "group.db", sizes.seconds))
    report.line("bare rows, one synced commit each", f"{alone:7,.0f}/s")
    report.line(
        "deliveries with execution and lane, stored", f"{grouped:7,.0f}/s  {grouped / alone:.2f} x"
    )
    for what, micros in uvloop.run(prove(folder / "proof.db")).items():
        report.line(what, f"{micros:7.1f} µs of processor time")
        report.goal(f"µs, {what}", micros, most=100)


if __name__ == "__main__":
    main()
