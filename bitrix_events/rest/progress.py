"""Progress of long work: told to a callback, or shown as a bar."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

Tell = Callable[[int, int | None], None]
"""Told how much is done, and how much there is if that is known."""

Progress = Tell | bool | None
"""A callback; True for a bar on the terminal; None or False for nothing."""


@contextmanager
def shown(progress: Progress, title: str) -> Iterator[Tell]:
    """What to tell of progress, for the length of the block. The bar goes to standard error."""
    if progress is None or progress is False:
        yield _ignore
    elif progress is True:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        console = Console(stderr=True)
        with Bar(*columns, TimeRemainingColumn(), console=console, transient=True) as bar:
            task = bar.add_task(title, total=None)
            yield lambda done, total: bar.update(task, completed=done, total=total)
    else:
        yield progress


def _ignore(done: int, total: int | None) -> None:
    """Nobody wants to know."""
