"""``changed=``: whether a watched field of a record differs from what a handler last dealt with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, Literal

from bitrix_events.entities.fields import (
    WatchedField,
    find_field,
    has_known_form,
    is_alike,
    is_same,
)
from bitrix_events.errors import HandlerSignatureError
from bitrix_events.events import Entity
from bitrix_events.nearest import did_you_mean

FirstSeen = Literal["run", "skip"]
Snapshot = Mapping[str, Any]

_MARKS: Final = "~written"
"""Where a snapshot tells which of its values the handler itself has written. The portal may give
them back in a form that is alike, or in one of those that are listed here; None is for any form."""
_LONGEST_VALUE: Final = 60


class Unknown(Enum):
    """The type of `UNKNOWN`."""

    UNKNOWN = "unknown"

    def __repr__(self) -> str:
        return "UNKNOWN"

    __str__ = __repr__

    def __bool__(self) -> bool:
        return False


UNKNOWN: Final = Unknown.UNKNOWN
"""What a field was before its record was seen for the first time."""


@dataclass(frozen=True, slots=True)
class Change:
    """What has become of one field.

    Attributes:
        before: what it was when the handler last dealt with the record; `UNKNOWN` at first sight.
        after: what it is.
    """

    before: Any
    after: Any


class Changes:
    """What is different about the record; for handlers with ``changed=`` that ask for it.

    ``changes["stage_id"].before`` is there for every watched field, by any of its spellings. What
    has changed is iterated over: ``for name in changes``, ``"stage_id" in changes``,
    ``len(changes)``.
    """

    __slots__ = ("_all", "_changed")

    def __init__(self, found: Mapping[WatchedField, Change], changed: Iterable[str]) -> None:
        self._all = found
        self._changed = tuple(changed)

    def __getitem__(self, name: str) -> Change:
        """The field by its name.

        Raises:
            KeyError: it is not watched.
        """
        for watched, change in self._all.items():
            if watched.is_called(name):
                return change
        hint = did_you_mean(name, [watched.name for watched in self._all])
        raise KeyError(f"{name!r} is not among the fields of changed={hint and '; '}{hint}")

    def __iter__(self) -> Iterator[str]:
        return iter(self._changed)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and any(
            watched.is_called(name) for watched in self._all if watched.name in self._changed
        )

    def __len__(self) -> int:
        return len(self._changed)

    def __repr__(self) -> str:
        told = (f"{name}: {self[name].before!r} -> {self[name].after!r}" for name in self)
        return f"<Changes {', '.join(told) or 'none'}>"


@dataclass(frozen=True, slots=True)
class Move:
    """Which change of a field a handler is for.

    Attributes:
        to: the form that it has to have.
        before: the form that it had to have; `UNKNOWN` for any.
    """

    to: Any
    before: Any = UNKNOWN


@dataclass(frozen=True, slots=True)
class Comparison:
    """A record beside the snapshot of a handler.

    Attributes:
        snapshot: the values of the watched fields, to be the next snapshot.
        note: why the handler is not for this; ``""`` if it is.
    """

    changes: Changes
    snapshot: Snapshot
    note: str = ""


@dataclass(frozen=True, slots=True)
class Changed:
    """Which changes a handler is for.

    Attributes:
        record: the class that the record is read as.
        fields: what is watched.
        moves: for which changes, by the name of the field; empty for any.
        first_seen: whether it runs when a record, or a field, is seen for the first time.
    """

    record: type[Entity]
    fields: tuple[WatchedField, ...]
    moves: Mapping[str, Move] = field(default_factory=dict)
    first_seen: FirstSeen = "run"

    def __str__(self) -> str:
        told = []
        for watched in self.fields:
            move = self.moves.get(watched.name)
            before = (
                "" if move is None or move.before is UNKNOWN else f" from {_shown(move.before)}"
            )
            told.append(f"{watched.name}{before} to {_shown(move.to)}" if move else watched.name)
        return ", ".join(told)

    def values_of(self, record: Entity) -> dict[str, Any]:
        """The forms of the watched values: the snapshot of a record as it is."""
        return {watched.name: watched.read(record) for watched in self.fields}

    def compare(
        self, record: Entity, snapshot: Snapshot | None, *, replayed: bool = False
    ) -> Comparison:
        """Look whether there is anything to do.

        Args:
            snapshot: the last one; None at first sight.
            replayed: somebody wants the handler to run once more: nothing counts as seen.
        """
        values = self.values_of(record)
        known = {} if replayed or snapshot is None else snapshot
        found: dict[WatchedField, Change] = {}
        changed: list[str] = []
        for watched in self.fields:
            after = watched.value(values[watched.name])
            if watched.name not in known:
                found[watched] = Change(UNKNOWN, after)
                if replayed or self.first_seen == "run":
                    changed.append(watched.name)
                continue
            found[watched] = Change(watched.value(known[watched.name]), after)
            if not _is_unchanged(known, watched.name, values[watched.name]):
                changed.append(watched.name)
        return Comparison(Changes(found, changed), values, self._refusal(known, values, changed))

    def after_writes(
        self,
        read: Snapshot,
        last: Snapshot | None,
        writes: Sequence[Mapping[str, Any]],
        *,
        comes_back: bool = True,
    ) -> Snapshot:
        """The next snapshot, if the handler has changed the record itself.

        What it wrote counts as seen, in whatever form the portal gives it back. Where the portal
        has given back something else the time before, and the same was written again, that may be
        its form of it.

        Args:
            read: the values that the handler was given.
            last: the snapshot before.
            writes: the fields that it has written, in order.
            comes_back: whether it is told of its own writes. If not, the next event is about what
                somebody else has done, and nothing odd is taken for the portal's form.
        """
        values, marks = dict(read), dict[str, list[Any] | None]()
        for fields in writes:
            for name, value in fields.items():
                watched = next((w for w in self.fields if w.is_called(name)), None)
                if watched is None:
                    continue
                own, form = watched.name, watched.form(value)
                values[own] = form
                is_repeated = last is not None and own in _marks(last) and last[own] == form
                others = [read[own]] if is_repeated and comes_back else []
                marks[own] = others if has_known_form(value) or not comes_back else None
        return {**values, _MARKS: marks} if marks else values

    def _refusal(self, known: Snapshot, values: Snapshot, changed: Sequence[str]) -> str:
        """Why this is nothing for the handler; ``""`` if it is."""
        names = [watched.name for watched in self.fields]
        if not self.moves:
            said = [f"{name} is {_shown(values[name])} still" for name in names if name in known]
            said += [f"{name} is seen for the first time" for name in names if name not in known]
            return "" if changed else f"changed= said no: {'; '.join(said)}"
        said = [self._refusal_of(watched, known, values, changed) for watched in self.fields]
        return f"changed= said no: {'; '.join(said)}" if all(said) else ""

    def _refusal_of(
        self, watched: WatchedField, known: Snapshot, values: Snapshot, changed: Sequence[str]
    ) -> str:
        name = watched.name
        move, now = self.moves[name], values[name]
        if not watched.is_value(move.to, now):
            return f"{name} is {_shown(now)}, not {_shown(move.to)}"
        if name not in changed:
            told = "was" if name in known else "is seen for the first time, and was perhaps,"
            return f"{name} {told} {_shown(now)} already"
        if move.before is UNKNOWN or name not in known:
            return ""
        if watched.is_value(move.before, known[name]):
            return ""
        return f"{name} was {_shown(known[name])} before, not {_shown(move.before)}"


def changed_of(option: Any, first_seen: Any, record: type[Entity], name: str) -> Changed:
    """What ``changed=`` of a handler means.

    Args:
        option: a name, several, or names with the value that the field has to move to, or with a
            pair: from where, and to where.
        record: the class that the record is read as.

    Raises:
        HandlerSignatureError: it is none of that, or the record has no such field.
    """
    if first_seen not in ("run", "skip"):
        raise HandlerSignatureError(
            f'{name}: first_seen= is "run" or "skip" at the first sight of a record,'
            f" not {first_seen!r}"
        )
    names = [option] if isinstance(option, str) else option
    if not isinstance(names, Sequence | Mapping) or not names or not _are_texts(names):
        raise HandlerSignatureError(
            f"{name}: changed= takes the name of a field, several of them, or"
            f' {{"stage_id": "WON"}}, not {option!r}'
        )
    try:
        fields = {given: find_field(record, given) for given in names}
    except LookupError as error:
        raise HandlerSignatureError(f"{name}: changed=: {error.args[0]}") from None
    if len({*fields.values()}) < len(fields):
        raise HandlerSignatureError(f"{name}: changed= names a field twice: {', '.join(fields)}")
    moves = {}
    if isinstance(names, Mapping):
        moves = {fields[given].name: _move(fields[given], names[given], name) for given in names}
    return Changed(record, tuple(fields.values()), moves, first_seen)


def _move(watched: WatchedField, wanted: Any, name: str) -> Move:
    values = wanted if isinstance(wanted, tuple) else (wanted,)
    if len(values) > 2 or not values:
        raise HandlerSignatureError(
            f"{name}: changed= takes for {watched.name} the value that it moves to, or a pair: from"
            f" where and to where; not {wanted!r}"
        )
    for value in values:
        if value is UNKNOWN or not watched.fits(value):
            raise HandlerSignatureError(
                f"{name}: changed= wants {watched.name} to be {value!r}, which it never is"
            )
    *before, to = (watched.form(value) for value in values)
    if before and is_same(before[0], to):
        raise HandlerSignatureError(
            f"{name}: changed= wants {watched.name} to move from {values[0]!r} to {values[1]!r},"
            " which is no change"
        )
    return Move(to, before[0] if before else UNKNOWN)


def _are_texts(names: Iterable[Any]) -> bool:
    return all(isinstance(name, str) for name in names)


def _marks(snapshot: Snapshot) -> Mapping[str, Sequence[Any] | None]:
    marks: Mapping[str, Sequence[Any] | None] = snapshot.get(_MARKS, {})
    return marks


def _is_unchanged(snapshot: Snapshot, name: str, now: Any) -> bool:
    marks, known = _marks(snapshot), snapshot[name]
    if name not in marks:
        return is_same(known, now)
    others = marks[name]
    return others is None or is_alike(known, now) or any(is_same(other, now) for other in others)


def _shown(form: Any) -> str:
    """A value in a line for people."""
    text = " ".join(str("empty" if form is None else form).split())
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"
