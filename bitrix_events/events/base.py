"""What an event is: a code, its data, and what it is about. No I/O.

Event classes are named as in the vendor's documentation; the code on the wire is the class name
in upper case, unless the class says otherwise: `OnCrmDealAdd` is ``ONCRMDEALADD``.
"""

from __future__ import annotations

import hashlib
import importlib
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, ClassVar, Final, ForwardRef, Generic, TypeVar, cast, get_args, get_origin

from bitrix_events.entities.base import CrmItem, Entity
from bitrix_events.events.paths import id_text, ids_at, value_at
from bitrix_events.wire.numbers import whole_number

E = TypeVar("E", bound=Entity)

_GENERATED: Final = "bitrix_events.generated."
_LONGEST_IDENTITY: Final = 200

REGISTERED: Final[dict[str, type[Event]]] = {}
"""Event classes by code, those of developers too, as far as they are imported."""


class Kind(Enum):
    """What a repeat of the same event means."""

    FACT = "fact"
    """It happened once: something was added, deleted, said."""
    STATE = "state"
    """Look again: something is now different."""
    OTHER = "other"
    """Neither is sure; always run."""


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
    scope: ClassVar[str] = ""
    """What an app must be allowed so that portals send it the event; ``""`` for nothing."""
    entity_name: ClassVar[str] = ""
    """What the event is about, ``deal``; ``""`` for nothing that has an id."""
    entity_is_gone: ClassVar[bool] = False
    """The record no longer exists when the event arrives."""
    key_paths: ClassVar[tuple[str, ...]] = ()
    """Where the parts of `entity_key` lie in the data, if it is not `entity_id`."""
    told_apart_by: ClassVar[tuple[str, ...]] = ()
    """What else tells a fact from others about the same record: the bot that a message is for."""
    in_webhooks: ClassVar[bool] = True
    """An outgoing webhook can send it; otherwise only an installed app is told."""
    is_deprecated: ClassVar[bool] = False
    replaced_by: ClassVar[tuple[str, ...]] = ()
    """Codes of the events that came in place of a deprecated one."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        has_code = "CODE" in cls.__dict__
        if not has_code:
            cls.CODE = cls.__name__.upper()
        if has_code or cls.__name__.startswith("On"):
            if cls.__module__.startswith(_GENERATED):
                REGISTERED.setdefault(cls.CODE, cls)  # a developer's own class comes first
            else:
                REGISTERED[cls.CODE] = cls

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes by which handlers may have asked for the event."""
        return (self.code,)

    @property
    def entity_key(self) -> str | None:
        """What the event is about, ``deal:7``; None if it is not about one record."""
        return self._key(self._parts())

    @property
    def identity(self) -> str | None:
        """What tells a fact from others of its portal; None for what is no fact, and for a fact
        that is not about a record: two such facts cannot be told apart."""
        key = self._key(self._fact_parts()) if self.kind is Kind.FACT else None
        if key is None:
            return None
        identity = f"{self.CODE} {key}"
        for path in self.told_apart_by:
            ids = ids_at(self.data, path)
            if not ids:
                return None
            identity += f" {','.join(ids)}"
        if len(identity) <= _LONGEST_IDENTITY:
            return identity
        return f"{self.CODE} {hashlib.sha256(identity.encode()).hexdigest()}"

    def _key_parts(self) -> tuple[str, ...]:
        """What `entity_key` consists of; nothing if a part is missing."""
        parts = tuple(ids_at(self.data, path) for path in self.key_paths)
        return tuple(part for (part,) in parts) if all(len(part) == 1 for part in parts) else ()

    def _fact_parts(self) -> tuple[str, ...]:
        """What tells a fact apart, without what `told_apart_by` adds; nothing if it is missing."""
        return self._parts()

    def _parts(self) -> tuple[str, ...]:
        """`_key_parts`, looked for once: the inbox asks each event for its key and its identity."""
        found: tuple[str, ...] | None = self.__dict__.get("_known_parts")
        if found is None:
            found = self.__dict__["_known_parts"] = self._key_parts()
        return found

    def _key(self, parts: tuple[str, ...]) -> str | None:
        return f"{self.entity_name}:{':'.join(parts)}" if parts else None

    def _without_id(self) -> ValueError:
        return ValueError(f"{self.code} came without the id of a record")


class RecordEvent(Event):
    """An event about one thing that has an id."""

    id_paths: ClassVar[tuple[str, ...]] = ("FIELDS.ID", "ID")
    """Where the id lies in the data. A path counts if its first key leads to a mapping."""

    def _key_parts(self) -> tuple[str, ...]:
        if self.key_paths:
            return super()._key_parts()
        text = self._id()
        return (text,) if text else ()

    def _id(self) -> str:
        """The id as text; ``""`` if there is none."""
        return id_text(self._value())

    def _value(self) -> Any:
        return value_at(self.data, self.id_paths)


class NamedEvent(RecordEvent):
    """An event about one thing whose id is a text: a call, a currency."""

    @property
    def entity_id(self) -> str:
        """The id, at most 128 characters without blanks.

        Raises:
            ValueError: the portal sent none. Documented events always have one.
        """
        if text := self._id():
            return text
        raise self._without_id()


class NumberedEvent(RecordEvent):
    """An event about one record whose id is a number."""

    @property
    def entity_id(self) -> int:
        """The record's id, greater than 0.

        Raises:
            ValueError: the portal sent none. Documented events always have one.

        Source: protocol.md 1.8 (``FIELDS[ID]``, or ``ID`` directly under data).
        """
        if text := self._id():
            return int(text)
        raise self._without_id()

    def _id(self) -> str:
        number = whole_number(self._value()) or 0
        return str(number) if number > 0 else ""


class BundleEvent(Event):
    """An event about one or several things at once: the messages of a chat."""

    ids_path: ClassVar[str] = ""
    """Where the ids lie in the data."""

    @property
    def entity_ids(self) -> tuple[int, ...]:
        """The ids, in the order in which the portal sent them.

        Raises:
            ValueError: one is missing. Documented events always have them.
        """
        numbers = [whole_number(text) for text in ids_at(self.data, self.ids_path)]
        if not numbers or not all(numbers):
            raise self._without_id()
        return tuple(number for number in numbers if number)

    def _key_parts(self) -> tuple[str, ...]:
        """The id, if there is one only: of several records none is what the event is about."""
        ids = self._fact_parts()
        return ids if len(ids) == 1 else ()

    def _fact_parts(self) -> tuple[str, ...]:
        return ids_at(self.data, self.ids_path)


class EntityEvent(NumberedEvent, Generic[E]):
    """An event about one record that handlers may ask for; the portal sends only its id.

    ``EntityEvent[Deal]`` names the class of the record; ``EntityEvent["Deal"]`` one of
    `bitrix_events.entities` that is not imported before somebody needs it.
    """

    entity_type: ClassVar[type[Entity]]

    @property
    def read_with(self) -> dict[str, Any]:
        """What the method that reads the record has to be told beside the id."""
        return {}

    def is_about(self, wanted: type[Entity]) -> bool:
        """Whether the record is one of this class, as far as the event tells."""
        return issubclass(wanted, self.entity_type)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for base in cls.__dict__.get("__orig_bases__", ()):
            if isinstance(get_origin(base), type) and issubclass(get_origin(base), EntityEvent):
                (wanted,) = get_args(base)
                if isinstance(wanted, ForwardRef):
                    cls.entity_type = cast(type[Entity], _Later(wanted.__forward_arg__))
                elif isinstance(wanted, type) and issubclass(wanted, Entity):
                    cls.entity_type = wanted
                    cls.entity_name = cls.__dict__.get("entity_name", wanted.kind)


class _Later:
    """The class of a record, by the name that it has in `bitrix_events.entities`."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, event: Event | None, owner: type[Event]) -> type[Entity]:
        """Imported only here, as hardly a process needs all the classes."""
        found: type[Entity] = getattr(importlib.import_module("bitrix_events.entities"), self._name)
        return found


class ItemEvent(EntityEvent[CrmItem]):
    """An event about an item of a smart process, or about a smart invoice.

    Its code may end with the number of the item's type: ``ONCRMDYNAMICITEMADD_147``.

    Source: protocol.md 1.8 ("the same with ``_<entityTypeId>``").
    """

    entity_name = "item"

    @property
    def entity_type_id(self) -> int:
        """The type of the item, 147.

        Raises:
            ValueError: neither code nor data name it. Documented events always do.
        """
        if number := self._type():
            return number
        raise ValueError(f"{self.code} came without the type of an item")

    @property
    def read_with(self) -> dict[str, Any]:
        return {"entityTypeId": self.entity_type_id}

    def is_about(self, wanted: type[Entity]) -> bool:
        """A model with ``entity_type_id`` is for items of that type only."""
        own = wanted.entity_type_id if issubclass(wanted, CrmItem) else 0
        return super().is_about(wanted) and own in (0, self._type())

    @property
    def codes(self) -> tuple[str, ...]:
        number = self._type()
        typed = (f"{self.CODE}_{number}",) if number else ()
        return tuple(dict.fromkeys((self.code, self.CODE, *typed)))

    def _key_parts(self) -> tuple[str, ...]:
        """The number of the type, too: every type counts its items from 1."""
        number, parts = self._type(), super()._key_parts()
        return (str(number), *parts) if number and parts else ()

    def _type(self) -> int:
        stem, number = split_code(self.code)
        if number and stem == self.CODE:
            return number
        paths = ("FIELDS.ENTITY_TYPE_ID", "ENTITY_TYPE_ID")
        return max(whole_number(value_at(self.data, paths)) or 0, 0)


def split_code(code: str) -> tuple[str, int]:
    """``ONCRMDYNAMICITEMADD_147`` to its stem and the number of a type; 0 if there is none."""
    stem, _, number = code.rpartition("_")
    return (stem, whole_number(number) or 0) if stem else (code, 0)
