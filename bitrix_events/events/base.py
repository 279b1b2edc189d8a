"""What an event is: a code, its data, and what it is about. No I/O.

Event classes are named as in the vendor's documentation; the code on the wire is the class name
in upper case: `OnCrmDealAdd` is ``ONCRMDEALADD``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, ClassVar, Generic, TypeVar, get_args, get_origin

from bitrix_events.events.entity import Entity

E = TypeVar("E", bound=Entity)


class Kind(Enum):
    """What a repeat of the same event means."""

    FACT = "fact"
    """It happened once: something was added, deleted, said."""
    STATE = "state"
    """Look again: something is now different."""
    OTHER = "other"
    """Neither is known; always run."""


@dataclass(frozen=True)
class Event:
    """One event as a portal reported it.

    Attributes:
        code: the code on the wire, upper case.
        data: what the portal sent along: nested dicts, lists and strings, all leaves strings, with
            tokens taken out. ``{}`` if it sent nothing.
        member_id: permanent id of the portal; ``""`` for a webhook portal that never sent one.
        sent_at: when the portal raised the event, by its own clock, to the second.
        event_handler_id: the portal's id of the subscription (not of the event).

    Source: protocol.md 1.3.
    """

    code: str
    data: Any
    member_id: str = ""
    sent_at: datetime | None = None
    event_handler_id: int | None = None

    kind: ClassVar[Kind] = Kind.OTHER
    CODE: ClassVar[str] = ""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "CODE" not in cls.__dict__:
            cls.CODE = cls.__name__.upper()
        if cls.__name__.startswith("On"):
            _registry[cls.CODE] = cls

    @property
    def entity_key(self) -> str | None:
        """What the event is about, ``deal:7``; None if it is not about one record."""
        return None

    @property
    def identity(self) -> str | None:
        """What tells a fact from others of its portal; None for what is no fact, and for a fact
        that is not about one record: two such facts cannot be told apart."""
        key = self.entity_key if self.kind is Kind.FACT else None
        return None if key is None else f"{self.code} {key}"


class EntityEvent(Event, Generic[E]):
    """An event about one record, of which the portal sends only the id."""

    entity_type: ClassVar[type[Entity]]
    entity_is_gone: ClassVar[bool] = False
    """The record no longer exists when the event arrives."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for base in cls.__dict__.get("__orig_bases__", ()):
            if isinstance(get_origin(base), type) and issubclass(get_origin(base), EntityEvent):
                (cls.entity_type,) = get_args(base)

    @property
    def entity_id(self) -> int:
        """The record's id.

        Raises:
            ValueError: the portal sent no id. Documented events always have one.

        Source: protocol.md 1.8 (``FIELDS[ID]``, or ``ID`` directly under data).
        """
        fields = self.data.get("FIELDS", self.data) if isinstance(self.data, dict) else {}
        text = fields.get("ID") if isinstance(fields, dict) else None
        if not isinstance(text, str) or not text.isascii() or not text.isdigit() or len(text) > 18:
            raise ValueError(f"{self.code} came without the id of a record")
        return int(text)

    @property
    def entity_key(self) -> str | None:
        try:
            return f"{self.entity_type.kind}:{self.entity_id}"
        except ValueError:
            return None


_registry: dict[str, type[Event]] = {}


def event_class(code: str) -> type[Event]:
    """The class for a code, compared without regard to case; `Event` itself if there is none."""
    return _registry.get(code.upper(), Event)
