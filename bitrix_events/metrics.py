"""What is counted, for Prometheus. No metric names a portal.

The functions may be called from any thread and cost about half a microsecond, which is why they do
not use the counters of prometheus-client but only its families and its text form.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry
    from prometheus_client.core import Metric

GAUGES: Final = {
    "ready": "1 if /readyz answers 200",
    "waiting": "Executions that wait, those of parked portals included",
    "parked": "Executions that wait until their portal works for us again",
    "running": "Executions that run",
    "dead": "Executions that will not run again by themselves",
    "oldest_seconds": "Age of the oldest delivery with an execution that waits and is due",
    "journal": "Deliveries in the journal, which the store could not take yet",
}
"""What is read when somebody asks, by name without the prefix, and what it means."""

_PREFIX: Final = "bitrix_events_"
_ANSWER_BOUNDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_ATTEMPT_BOUNDS: Final = (0.01, 0.1, 1.0, 10.0, 60.0, 300.0)
_CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

_lock = threading.Lock()


class _Counter:
    """Sums, one for each combination of label values."""

    def __init__(self, name: str, meaning: str, *labels: str) -> None:
        self._name, self._meaning, self._labels = _PREFIX + name, meaning, labels
        self._sums: dict[tuple[str, ...], float] = {} if labels else {(): 0}

    def add(self, amount: float, *values: str) -> None:
        with _lock:
            self._sums[values] = self._sums.get(values, 0) + amount

    def family(self) -> Metric:
        family: Any = _prometheus().CounterMetricFamily(
            self._name, self._meaning, labels=self._labels
        )
        with _lock:
            sums = dict(self._sums)
        for values, total in sums.items():
            family.add_metric(values, total)
        metric: Metric = family
        return metric


class _Histogram:
    """How many values lie below each bound, and their sum, for each combination of label values."""

    def __init__(self, name: str, meaning: str, bounds: tuple[float, ...], *labels: str) -> None:
        self._name, self._meaning, self._labels = _PREFIX + name, meaning, labels
        self._bounds = bounds
        self._rows: dict[tuple[str, ...], list[float]] = {} if labels else {(): self._empty()}

    def _empty(self) -> list[float]:
        """Counts between the bounds and above the last one, and the sum at the end."""
        return [0] * (len(self._bounds) + 2)

    def add(self, value: float, *values: str) -> None:
        with _lock:
            row = self._rows.get(values)
            if row is None:
                row = self._rows[values] = self._empty()
            row[bisect_left(self._bounds, value)] += 1
            row[-1] += value

    def family(self) -> Metric:
        family: Any = _prometheus().HistogramMetricFamily(
            self._name, self._meaning, labels=self._labels
        )
        with _lock:
            rows = {values: row.copy() for values, row in self._rows.items()}
        names = [*map(str, self._bounds), "+Inf"]
        for values, (*counts, total) in rows.items():
            buckets = list(zip(names, accumulate(counts), strict=True))
            family.add_metric(values, buckets, total)
        metric: Metric = family
        return metric


_received = _Counter("received", "Requests that wanted to bring a delivery or an installation")
_refused = _Counter("refused", "Requests that were not answered 200", "reason")
_acknowledged = _Histogram(
    "acknowledged_seconds", "From the request to the answer 200", _ANSWER_BOUNDS
)
_spilled = _Counter("spilled", "Deliveries that went to the journal, as the store was busy")
_attempts = _Counter("attempts", "Attempts that have ended", "handler", "verdict")
_attempt_seconds = _Histogram("attempt_seconds", "How long they took", _ATTEMPT_BOUNDS, "handler")
_loops = _Counter("loops", "Pauses of handlers that ran too often for one record", "handler")
_rest_calls = _Counter("rest_calls", "Requests to portals", "outcome")
_rest_paused = _Counter("rest_paused_seconds", "Seconds that portals have made calls wait")


class _OurMetrics:
    def collect(self) -> Iterator[Metric]:
        for metric in (
            _received,
            _refused,
            _acknowledged,
            _spilled,
            _attempts,
            _attempt_seconds,
            _loops,
            _rest_calls,
            _rest_paused,
        ):
            yield metric.family()


class _Gauges:
    def __init__(self, values: Mapping[str, float]) -> None:
        self._values = values

    def collect(self) -> Iterator[Metric]:
        for name, value in self._values.items():
            yield _prometheus().GaugeMetricFamily(_PREFIX + name, GAUGES[name], value=value)


@cache
def _prometheus() -> Any:
    """prometheus-client, imported when somebody asks for metrics: it brings a web server along."""
    return import_module("prometheus_client.core")


@cache
def _registry() -> CollectorRegistry:
    client = import_module("prometheus_client")
    registry: CollectorRegistry = client.CollectorRegistry(auto_describe=False)
    registry.register(_OurMetrics())
    client.ProcessCollector(registry=registry)
    return registry


def received() -> None:
    """A request has come in that wants to bring a delivery or an installation."""
    _received.add(1)


def refused(reason: str) -> None:
    """It was answered with something else than 200.

    Args:
        reason: the short name that the answer gives: ``forbidden``, ``body_too_large``.
    """
    _refused.add(1, reason)


def acknowledged(seconds: float) -> None:
    """It was answered 200, so long after it had come in."""
    _acknowledged.add(seconds)


def spilled() -> None:
    """A delivery was written to the journal, because the store could not take it."""
    _spilled.add(1)


def attempted(handler: str, verdict: str, seconds: float) -> None:
    """An attempt has ended.

    Args:
        verdict: ``done``, ``skipped``, ``waiting`` or ``dead``.
    """
    _attempts.add(1, handler, verdict)
    _attempt_seconds.add(seconds, handler)


def looped(handler: str) -> None:
    """A handler has to pause, because it ran too often for one record."""
    _loops.add(1, handler)


def rest_call(outcome: str) -> None:
    """A portal was sent a request.

    Args:
        outcome: ``ok``, or the class of what it ended with: ``rate_limited``.
    """
    _rest_calls.add(1, outcome)


def rest_paused(seconds: float) -> None:
    """A portal has said that so long no calls are welcome."""
    _rest_paused.add(seconds)


def render(gauges: Mapping[str, float] | None = None) -> tuple[bytes, str]:
    """All metrics in Prometheus' text form, and its content type.

    Args:
        gauges: values of what `GAUGES` names, as far as they are known.
    """
    text_of = import_module("prometheus_client").generate_latest
    text: bytes = text_of(_registry())
    if gauges:
        text += text_of(_Gauges(gauges))
    return text, _CONTENT_TYPE
