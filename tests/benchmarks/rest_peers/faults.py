"""What is lost, comes twice, or is done twice when answers are lost: ours and the peers'.

Ours has OAuth tokens, which expire in the middle, and a portal that moves; the peers have a webhook
and a portal that stays.
"""

from __future__ import annotations

from typing import Final

from tests.benchmarks.rest_peers.control import Bench, Conditions, Contender, Result

_OURS: Final = (Contender("bitrix_events", "stream"), Contender("bitrix_events", "write"))
_PEERS: Final = (
    (Contender("b24pysdk", "as_list"), Contender("b24pysdk", "write")),
    (Contender("b24pysdk", "as_list_fast"), None),
    (Contender("fast_bitrix24", "get_all"), Contender("fast_bitrix24", "write")),
    (Contender("b24api", "list_batched_no_count"), Contender("b24api", "write")),
)


def run_faults(bench: Bench, rows: int, writes: int, seconds: float) -> dict[str, float]:
    """Print what became of rows and writes.

    Returns:
        Figures of ours that must be 0.
    """
    bad: dict[str, float] = {}
    for reading, writing in (_OURS, *_PEERS):
        ours = reading.is_ours
        read = bench.run(
            reading,
            rows,
            Conditions(disturbed=True, moving=ours),
            seconds=0.0 if ours else seconds,
            wants_ids=True,
        )
        lost, twice = rows - len(set(read.ids)), len(read.ids) - len(set(read.ids))
        told = read.error or ("complete" if not lost else "says nothing")
        print(
            f"{reading!s:34} read  {lost:6} rows lost {twice:5} twice {read.requests:6} requests"
            f" {read.wall:6.1f} s  {told}",
            flush=True,
        )
        if ours:
            bad |= {"rows lost": lost, "rows twice": twice}
        if writing is None:
            continue
        written = bench.run(
            writing,
            writes,
            Conditions(rows=writes, disturbed=True, moving=ours),
            seconds=0.0 if ours else seconds,
        )
        figures = print_writes(writing, written, 2 * writes)
        if ours:
            bad |= figures
    return bad


def print_writes(writing: Contender, result: Result, writes: int) -> dict[str, float]:
    """Compare what the client was told with what the portal has done."""
    made = {t: n for t, n in result.titles.items() if t.startswith("made ")}
    twice = sum(n - 1 for n in made.values())
    told = result.outcomes
    done = {title for title, outcome in told.items() if outcome == "done"}
    unknown = sum(outcome == "unknown" for outcome in told.values())
    failed = {title for title, outcome in told.items() if outcome == "failed"}
    missing = len(done - set(result.titles))
    false_alarms = len(failed & set(result.titles))
    print(
        f"{writing!s:34} write {missing:6} lost silently {twice:5} creates run twice"
        f" {false_alarms:5} run but called failed {unknown:5} called unknown"
        f" {len(failed):5} failed {result.requests:6} requests {result.wall:6.1f} s"
        f"  {result.error}",
        flush=True,
    )
    return {
        "writes without an outcome": writes - len(told),
        "writes lost silently": missing,
        "creates run twice": twice,
        "writes run but called failed": false_alarms,
    }
