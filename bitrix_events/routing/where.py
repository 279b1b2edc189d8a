"""``where=``: a predicate on the record that an event is about."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bitrix_events import entities
from bitrix_events.entities.base import CrmItem
from bitrix_events.errors import HandlerSignatureError
from bitrix_events.events import Entity, EntityEvent, Event

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


def where_of(predicate: Any, record: type[Entity], name: str) -> Where:
    """The filter of a handler.

    Raises:
        HandlerSignatureError: it is no function.
    """
    if not callable(predicate):
        raise HandlerSignatureError(
            f"{name}: where= takes a function of the record, not {predicate!r}"
        )
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
    own = {a for a in annotations.values() if isinstance(a, type) and issubclass(a, Entity)}
    records = own or {event.entity_type for event in events if issubclass(event, EntityEvent)}
    if len(records) > 1:
        names = " and ".join(sorted(record.__name__ for record in records))
        raise HandlerSignatureError(
            f"{name}: {option} asks about one kind of record, and this is for {names}; register a"
            " handler for each"
        )
    record = records.pop()
    return entities.Item if record is CrmItem else record  # which has no fields of its own
