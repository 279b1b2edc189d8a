"""Progress of long work: told to a callback, or shown as a bar."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
        with _bar() as bar:
            task = bar.add_task(title, total=None)
            yield lambda done, total: bar.update(task, completed=done, total=total)
    else:
        yield progress


def _bar() -> Bar:
    """A bar, which nothing is drawn of where nobody could see it move. What draws it is imported
    only by those who want to see one."""
    rich = import_module("rich.progress")
    columns = (
        rich.TextColumn("{task.description}"),
        rich.BarColumn(),
        rich.MofNCompleteColumn(),
        rich.TimeRemainingColumn(),
    )
    console = import_module("rich.console").Console(stderr=True)
    bar: Bar = rich.Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    )
    return bar


def _ignore(done: int, total: int | None) -> None:
    """Nobody wants to know."""
