"""Starts the processes of the benchmark: the portal, and one for each job of each client."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Self

_PEERS: Final = ("b24pysdk", "fast_bitrix24", "b24api")
"""The peers' packages, under which they are imported, too."""
_ROOT: Final = Path(__file__).parents[3]
_GRACE: Final = 20.0
"""Seconds a process may take beyond the time of its job, to start and to end."""


@dataclass(frozen=True, slots=True)
class Result:
    """What one job came to.

    Attributes:
        rows: read, or records written, or calls answered.
        wall: seconds.
        cpu: seconds of the client's process.
        memory: bytes by which its memory grew at its peak.
        error: why it ended early; ``""`` if it did not.
        requests: HTTP requests that the portal received.
        refusals: how many of them it refused, because they were too many.
        commands: calls it executed, those in batches included.
    """

    rows: int
    wall: float
    cpu: float
    memory: int
    error: str
    requests: int
    refusals: int
    commands: int
    ids: list[int] = field(default_factory=list, repr=False)
    outcomes: Mapping[str, str] = field(default_factory=dict, repr=False)
    titles: Mapping[str, int] = field(default_factory=dict, repr=False)


class Portal:
    """The portal's process."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.rest_peers.portal"],
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()

    def ask(self, do: str, **order: Any) -> Any:
        """Send an order, and return its answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": do, **order}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the portal's process has ended")
        return json.loads(line)


@dataclass(frozen=True, slots=True)
class Contender:
    """A client, and which of its ways is measured."""

    name: str
    how: str

    @property
    def is_ours(self) -> bool:
        return self.name == "bitrix_events"

    def __str__(self) -> str:
        return f"{self.name} {self.how}"


@dataclass(frozen=True, slots=True)
class Conditions:
    """What the portal is like.

    Attributes:
        rows: how many deals it has; None is as many as the job counts.
        shape: of their ids, see `portal`.
        limited: whether it counts requests, as real ones do.
        slow: whether it takes 50 ms for each request and 15 ms for each command.
        disturbed: whether some of its answers are lost, see `portal`.
        moving: whether tokens expire and the portal moves meanwhile.
    """

    rows: int | None = None
    shape: str = "dense"
    limited: bool = False
    slow: bool = False
    disturbed: bool = False
    moving: bool = False


@dataclass(frozen=True, slots=True)
class Bench:
    """A portal, and the interpreter of the peers."""

    portal: Portal
    peers: Path

    def run(
        self,
        contender: Contender,
        count: int,
        conditions: Conditions,
        *,
        seconds: float = 0.0,
        wants_ids: bool = False,
    ) -> Result:
        """Let a client do its job with a fresh portal.

        Args:
            count: how many rows, records or calls.
            seconds: after which the client is stopped; 0 is never.
            wants_ids: whether the ids of the rows are wanted.
        """
        facts = self._open(count, conditions, replays=False)
        figures = self._job(contender, count, conditions, facts, seconds, wants_ids=wants_ids)
        titles = self.portal.ask("titles") if conditions.disturbed else {}
        return Result(**figures, **self.portal.ask("count"), titles=titles)

    def run_and_replay(
        self, contenders: Sequence[Contender], count: int, conditions: Conditions, *, times: int
    ) -> dict[Contender, tuple[Result, Result]]:
        """Let clients that only read do their job with one portal; and in turns some times more,
        with answers that cost the portal nothing.

        Returns:
            For each the figures of the first time, and the best of the others; memory is the worst.
        """
        facts = self._open(count, conditions, replays=True)
        firsts: dict[Contender, tuple[dict[str, Any], dict[str, Any]]] = {}
        before = self.portal.ask("count")
        for contender in contenders:
            figures = self._job(contender, count, conditions, facts, 0.0)
            after = self.portal.ask("count")
            firsts[contender] = figures, {name: after[name] - before[name] for name in after}
            before = after
        self.portal.ask("replay")
        others: dict[Contender, list[dict[str, Any]]] = {one: [] for one in contenders}
        for _ in range(times):
            for contender in contenders:
                others[contender].append(self._job(contender, count, conditions, facts, 0.0))
        found = {}
        for contender, (first, seen) in firsts.items():
            best = {
                **others[contender][-1],
                "cpu": min(figures["cpu"] for figures in others[contender]),
                "wall": min(figures["wall"] for figures in others[contender]),
                "memory": max(figures["memory"] for figures in [first, *others[contender]]),
            }
            found[contender] = Result(**first, **seen), Result(**best, **seen)
        return found

    def run_together(
        self,
        contenders: Sequence[Contender],
        count: int,
        conditions: Conditions,
        *,
        seconds: float = 0.0,
    ) -> dict[Contender, Result]:
        """Let clients do their job side by side, each with a portal of its own: for those that do
        nothing but wait for it."""

        def run(contender: Contender) -> Result:
            with Portal() as portal:
                bench = Bench(portal, self.peers)
                return bench.run(contender, count, conditions, seconds=seconds)

        with ThreadPoolExecutor(len(contenders)) as threads:
            return dict(zip(contenders, threads.map(run, contenders), strict=True))

    def _open(self, count: int, conditions: Conditions, *, replays: bool) -> dict[str, str]:
        deals = count if conditions.rows is None else conditions.rows
        options = {**asdict(conditions), "replays": replays, "count": deals}
        del options["rows"]
        facts: dict[str, str] = self.portal.ask("open", **options)
        return facts

    def _job(
        self,
        contender: Contender,
        count: int,
        conditions: Conditions,
        facts: Mapping[str, str],
        seconds: float,
        *,
        wants_ids: bool = False,
    ) -> dict[str, Any]:
        order = {
            "how": contender.how,
            "url": facts["webhook_url"],
            "count": count,
            "unlimited": not conditions.limited,
            "wants_ids": wants_ids,
            "seconds": seconds,
            "extra": {"oauth": facts} if conditions.moving else {},
        }
        module = "ours" if contender.is_ours else f"peer_{contender.name}"
        python = Path(sys.executable) if contender.is_ours else self.peers
        return _answer_of(
            [str(python), "-m", f"tests.benchmarks.rest_peers.{module}", json.dumps(order)],
            seconds + _GRACE if seconds else None,
        )


def _answer_of(command: list[str], seconds: float | None) -> dict[str, Any]:
    """The JSON that a process prints in the end."""
    try:
        ended = subprocess.run(
            command,
            cwd=_ROOT,
            env={**os.environ, "PYTHONWARNINGS": "ignore"},
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return _nothing("hangs")
    try:
        figures: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        return _nothing((ended.stderr.strip().splitlines() or ["it died"])[-1][:160])
    return figures


def _nothing(error: str) -> dict[str, Any]:
    return {"rows": 0, "wall": 0.0, "cpu": 0.0, "memory": 0, "error": error}


def peers_python(folder: Path) -> Path:
    """The interpreter of a virtual environment with the peers, which is made if it is missing."""
    python = folder / "bin" / "python"
    if not python.exists():
        print(f"installing {', '.join(_PEERS)} into {folder}", file=sys.stderr)
        venv.create(folder, with_pip=True)
        install = [str(python), "-m", "pip", "install", "--quiet", *_PEERS]
        subprocess.run(install, check=True)
    return python


def versions(python: Path) -> str:
    """The peers' versions, as they are installed."""
    script = "import sys; from importlib.metadata import version as v\n"
    script += "print(', '.join(f'{n} {v(n)}' for n in sys.argv[1:]))"
    command = [str(python), "-c", script, *_PEERS]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
