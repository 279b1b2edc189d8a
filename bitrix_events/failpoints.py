"""Points at which a test may kill the process, raise an error or lose time.

They do nothing unless `VARIABLE` is set, for example to
``after_commit=kill@3;claimed=kill%0.01;before_settle=error@1;checkpoint=sleep:0.5``: an action by
itself happens at every passage, with ``@3`` at the third one only, with ``%0.01`` at one in a
hundred, by chance. Passages are counted in each process by itself.

``@/path/of/a/file`` takes the plans from that file, if there is one, and removes it: they are for
one process, whichever starts next.
"""

from __future__ import annotations

import os
import random
import re
import signal
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

VARIABLE: Final = "BITRIX_EVENTS_FAILPOINTS"
NAMES: Final = frozenset(
    {
        "received",  # a request is complete, nothing of it is stored
        "before_commit",  # a group of changes is written, and not committed
        "after_commit",  # it is committed and synced, and nobody has been told
        "before_ack",  # the delivery is stored, its 200 is not sent
        "claimed",  # an attempt is counted, its handler is not started
        "handler_done",  # a handler has returned, nothing of it is stored
        "before_settle",  # its verdict is about to be written
        "settled",  # and is written
        "recovering",  # the store is being opened
        "checkpoint",  # the write-ahead log is about to be emptied
        "journal_written",  # a delivery is safe in the journal, and not in the store
        "draining",  # the server was told to end
        "offline_reserved",  # offline events are reserved, their reservation is not remembered
        "offline_marked",  # it is remembered, nothing of it is stored
        "offline_stored",  # all of it is stored, the portal was not told
        "offline_cleared",  # the portal has deleted it, and it is still remembered
    }
)

_PLAN: Final = re.compile(
    r"(?P<name>\w+)=(?:(?P<action>kill|error)|sleep:(?P<seconds>\d+(?:\.\d+)?))"
    r"(?:@(?P<nth>[1-9]\d*)|%(?P<chance>\d+(?:\.\d+)?))?"
)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What to do at a point: at the nth passage, by chance, or at every one."""

    action: str
    seconds: float
    nth: int
    chance: float

    def is_for(self, passage: int) -> bool:
        if self.nth:
            return passage == self.nth
        return self.chance >= 1 or random.random() < self.chance


_plans: dict[str, list[_Plan]] = {}
_passages: Counter[str] = Counter()
_counting = threading.Lock()


def failpoint(name: str) -> None:
    """Do what is planned for this point.

    Raises:
        OSError: an error is planned.
    """
    if _plans:
        _pass(name)


def plan(text: str) -> None:
    """Replace all plans and begin to count anew; ``""`` plans nothing.

    Raises:
        ValueError: the text is misshapen, or names a point that does not exist.
    """
    plans = _parse(text)
    with _counting:
        _passages.clear()
        _plans.clear()
        _plans.update(plans)


def _planned_for_this_process() -> str:
    text = os.environ.get(VARIABLE, "")
    if not text.startswith("@"):
        return text
    path = Path(text[1:])
    try:
        text = path.read_text("utf-8")
        path.unlink()
    except FileNotFoundError:
        return ""
    return text


def _parse(text: str) -> dict[str, list[_Plan]]:
    plans: dict[str, list[_Plan]] = {}
    for part in filter(None, (part.strip() for part in text.split(";"))):
        found = _PLAN.fullmatch(part)
        if found is None:
            raise ValueError(
                f"{VARIABLE}: {part!r} is not like claimed=kill, claimed=kill@3, claimed=error%0.01"
                " or claimed=sleep:0.5"
            )
        name = found["name"]
        if name not in NAMES:
            known = ", ".join(sorted(NAMES))
            raise ValueError(f"{VARIABLE}: there is no failpoint {name!r}; there are: {known}")
        plans.setdefault(name, []).append(
            _Plan(
                action=found["action"] or "sleep",
                seconds=float(found["seconds"] or 0),
                nth=int(found["nth"] or 0),
                chance=float(found["chance"] or 1),
            )
        )
    return plans


def _pass(name: str) -> None:
    if name not in NAMES:
        raise LookupError(f"{name} is missing in failpoints.NAMES")
    with _counting:
        _passages[name] += 1
        passage = _passages[name]
    for found in _plans.get(name, ()):
        if not found.is_for(passage):
            continue
        if found.action == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        elif found.action == "error":
            raise OSError(f"failpoint {name}, passage {passage}")
        else:
            time.sleep(found.seconds)


plan(_planned_for_this_process())
