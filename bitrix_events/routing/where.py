"""``where=``: a predicate on the record that an event is about."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Any, get_args, get_origin

from bitrix_events import entities
from bitrix_events.entities.base import CrmItem
from bitrix_events.errors import HandlerSignatureError
from bitrix_events.events import Entity, EntityEvent, Event
from bitrix_events.routing.signature import is_async

Predicate = Callable[[Any], object]


@dataclass(frozen=True, slots=True)
class Where:
    """Which records a handler is for.

    Attributes:
        predicate: pure, and not ``async``; the handler runs if its result is true.
        record: the class that the record is read as: that of the handler's own parameter, if it
            has one.
    """

    predicate: Predicate
    record: type[Entity]

    def wants(self, record: Entity) -> bool:
        """Whether the predicate is true for a record.

        Raises:
            TypeError: it returned something to await, which would always count as true.
        """
        result = self.predicate(record)
        if inspect.isawaitable(result):
            if inspect.iscoroutine(result):
                result.close()
            raise TypeError("where= returned something to await; it is asked without waiting")
        return bool(result)


def where_of(predicate: Any, record: type[Entity], name: str) -> Where:
    """The filter of a handler.

    Raises:
        HandlerSignatureError: it is no function, is ``async``, or cannot be given a record alone.
    """
    if not callable(predicate):
        raise HandlerSignatureError(
            f"{name}: where= takes a function of the record, not {predicate!r}"
        )
    if is_async(predicate) or is_async(type(predicate).__call__):
        raise HandlerSignatureError(
            f"{name}: where= is asked without waiting; take its `async` away, and do in the handler"
            " what has to be awaited"
        )
    with suppress(ValueError):  # what is made of C does not always tell its parameters
        try:
            inspect.signature(predicate).bind(record)
        except TypeError as error:
            raise HandlerSignatureError(
                f"{name}: where= is given the record, and nothing else: {error}"
            ) from None
    return Where(predicate, record)


def record_of(
    option: str, events: Sequence[type[Event]], annotations: Mapping[str, Any], name: str
) -> type[Entity]:
    """The class that the record is read as which a filter asks about.

    Args:
        option: the filter, ``where=``.

    Raises:
        HandlerSignatureError: there is no record to be asked about, or there are several.
    """
    for event in events:
        if not issubclass(event, EntityEvent) or event.entity_is_gone:
            what = event.__name__ if event is not Event else "an event that no class is known of"
            raise HandlerSignatureError(
                f"{name}: {option} asks about a record, and {what} brings none that can be read;"
                " register another handler for it"
            )
    plain = (_without_metadata(annotation) for annotation in annotations.values())
    own = {a for a in plain if isinstance(a, type) and issubclass(a, Entity)}
    own = {a for a in own if not any(a is not b and issubclass(b, a) for b in own)}
    records = own or {event.entity_type for event in events if issubclass(event, EntityEvent)}
    if len(records) > 1:
        names = " and ".join(sorted(record.__name__ for record in records))
        raise HandlerSignatureError(
            f"{name}: {option} asks about one kind of record, and this is for {names}; register a"
            " handler for each"
        )
    record = records.pop()
    return entities.Item if record is CrmItem else record  # which has no fields of its own


def _without_metadata(annotation: Any) -> Any:
    return get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation
