"""What is lost, comes twice, or is done twice when answers are lost: ours and the peers'.

Ours has OAuth tokens, which expire in the middle, and a portal that moves; the peers have a webhook
and a portal that stays.
"""

from __future__ import annotations

from typing import Final

from tests.benchmarks.rest_peers.control import Bench, Conditions, Contender, Result

_READERS: Final = (
    Contender("bitrix_events", "stream"),
    Contender("b24pysdk", "as_list"),
    Contender("b24pysdk", "as_list_fast"),
    Contender("fast_bitrix24", "get_all"),
    Contender("b24api", "list_batched_no_count"),
)
_WRITING: Final = Contender("bitrix_events", "write")
_WRITING_PEERS: Final = [
    Contender(name, "write") for name in ("b24pysdk", "fast_bitrix24", "b24api")
]


def run_faults(bench: Bench, rows: int, writes: int, seconds: float) -> dict[str, float]:
    """Print what became of rows and writes.

    Returns:
        Figures of ours that must be 0.
    """
    bad: dict[str, float] = {}
    for reader in _READERS:
        conditions = Conditions(disturbed=True, moving=reader.is_ours)
        limit = 0.0 if reader.is_ours else seconds
        bad |= print_rows(
            reader, bench.run(reader, rows, conditions, seconds=limit, wants_ids=True), rows
        )
    conditions = Conditions(rows=writes, disturbed=True, moving=True)
    bad |= print_writes(_WRITING, bench.run(_WRITING, writes, conditions), 2 * writes)
    conditions = Conditions(rows=writes, disturbed=True)
    peers = bench.run_together(_WRITING_PEERS, writes, conditions, seconds=seconds)
    for peer, result in peers.items():
        print_writes(peer, result, 2 * writes)
    return bad


def print_rows(reader: Contender, result: Result, rows: int) -> dict[str, float]:
    """Compare what was read with what there is."""
    lost, twice = rows - len(set(result.ids)), len(result.ids) - len(set(result.ids))
    told = result.error or ("complete" if not lost else "says nothing")
    print(
        f"{reader!s:34} read  {lost:6} rows lost {twice:5} twice {result.requests:6} requests"
        f" {result.wall:6.1f} s  {told}",
        flush=True,
    )
    return {"rows lost": lost, "rows twice": twice} if reader.is_ours else {}


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
    if not writing.is_ours:
        return {}
    return {
        "writes without an outcome": writes - len(told),
        "writes lost silently": missing,
        "creates run twice": twice,
        "writes run but called failed": false_alarms,
    }
