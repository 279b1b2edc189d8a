"""What is counted, and how it looks to Prometheus."""

from __future__ import annotations

import threading

from prometheus_client.parser import text_string_to_metric_families

from bitrix_events import metrics
from bitrix_events.rest.pace import Bucket, Limits, MethodTimes


def value(name: str, **labels: str) -> float:
    """One sample, by its full name; 0 if there is none yet."""
    return samples().get((name, tuple(sorted(labels.items()))), 0.0)


def samples() -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    body, _ = metrics.render()
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(body.decode())
        for sample in family.samples
    }


def test_requests_are_counted_by_what_became_of_them() -> None:
    received = value("bitrix_events_received_total")
    forbidden = value("bitrix_events_refused_total", reason="forbidden")
    spilled = value("bitrix_events_spilled_total")

    metrics.received()
    metrics.received()
    metrics.refused("forbidden")
    metrics.spilled()

    assert value("bitrix_events_received_total") == received + 2
    assert value("bitrix_events_refused_total", reason="forbidden") == forbidden + 1
    assert value("bitrix_events_spilled_total") == spilled + 1


def test_a_duration_counts_in_its_bucket_and_all_above() -> None:
    name = "bitrix_events_acknowledged_seconds"
    below = value(f"{name}_bucket", le="0.001")
    at = value(f"{name}_bucket", le="0.0025")
    largest = value(f"{name}_bucket", le="5.0")
    all_of_them, total = value(f"{name}_count"), value(f"{name}_sum")

    metrics.acknowledged(0.0025)
    metrics.acknowledged(7.0)

    assert value(f"{name}_bucket", le="0.001") == below
    assert value(f"{name}_bucket", le="0.0025") == at + 1
    assert value(f"{name}_bucket", le="5.0") == largest + 1
    assert value(f"{name}_bucket", le="+Inf") == all_of_them + 2 == value(f"{name}_count")
    assert abs(value(f"{name}_sum") - total - 7.0025) < 1e-6


def test_attempts_are_counted_by_handler_and_verdict() -> None:
    metrics.attempted("metered.handler", "done", 0.05)
    metrics.attempted("metered.handler", "dead", 3.0)

    name = "bitrix_events_attempts_total"
    assert value(name, handler="metered.handler", verdict="done") == 1
    assert value(name, handler="metered.handler", verdict="dead") == 1
    seconds = "bitrix_events_attempt_seconds"
    assert value(f"{seconds}_bucket", handler="metered.handler", le="0.1") == 1
    assert value(f"{seconds}_count", handler="metered.handler") == 2


def test_calls_and_pauses_of_portals_are_counted() -> None:
    limited = value("bitrix_events_rest_calls_total", outcome="rate_limited")
    paused = value("bitrix_events_rest_paused_seconds_total")

    metrics.rest_call("rate_limited")
    metrics.rest_paused(1.5)

    assert value("bitrix_events_rest_calls_total", outcome="rate_limited") == limited + 1
    assert abs(value("bitrix_events_rest_paused_seconds_total") - paused - 1.5) < 1e-6


def test_a_pause_counts_once_however_many_calls_it_holds_up() -> None:
    now = 1000.0
    times = MethodTimes(Limits(), clock=lambda: now)
    bucket = Bucket(Limits(), clock=lambda: now)
    name = "bitrix_events_rest_paused_seconds_total"
    before = value(name)

    paused = times.refused("crm.deal.list")
    times.refused("crm.deal.list")
    closed = bucket.refused(999.0, is_overrun=True)
    bucket.refused(999.5, is_overrun=True)

    assert abs(value(name) - before - paused - closed) < 1e-6


def test_no_count_is_lost_between_threads() -> None:
    before = value("bitrix_events_received_total")

    def count() -> None:
        for _ in range(20_000):
            metrics.received()

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert value("bitrix_events_received_total") == before + 80_000


def test_what_was_measured_just_now_is_told_with_its_meaning() -> None:
    body, content_type = metrics.render({"waiting": 3, "oldest_seconds": 1.5})

    assert "# TYPE bitrix_events_waiting gauge\nbitrix_events_waiting 3.0\n" in body.decode()
    assert f"# HELP bitrix_events_waiting {metrics.GAUGES['waiting']}\n" in body.decode()
    assert "bitrix_events_oldest_seconds 1.5\n" in body.decode()
    assert "bitrix_events_dead" not in body.decode()
    assert content_type == "text/plain; version=0.0.4; charset=utf-8"


def test_label_values_cannot_break_out_of_their_line() -> None:
    metrics.refused('odd"\nbitrix_events_dead 7')

    assert value("bitrix_events_refused_total", reason='odd"\nbitrix_events_dead 7') == 1
    assert value("bitrix_events_dead") == 0
