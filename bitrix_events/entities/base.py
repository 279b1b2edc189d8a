"""Records of a portal as pydantic models: both spellings read, strings cast, nothing lost.

What the kinds of record have in common. The models themselves are made from the catalogue.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, lru_cache
from typing import Annotated, Any, ClassVar, Final, Self

from pydantic import (
    AliasChoices,
    AliasGenerator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    ModelWrapValidatorHandler,
    ValidationError,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, core_schema

from bitrix_events.entities.reading import Reading, Together

MULTIFIELDS: Final = ("phone", "email", "web", "im", "link")
"""Fields of people and firms that ``crm.item.get`` gives all in one, ``fm``."""

_UNDERSCORE: Final = re.compile(r"(?<![0-9])_|_(?![0-9])")
_ISO: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_DOTTED: Final = re.compile(r"\d\d\.\d\d\.\d{4}", re.ASCII)
_NO_MOMENT: Final = frozenset({"", "0000-00-00", "0000-00-00 00:00:00"})


def _moment(value: object) -> object:
    if isinstance(value, datetime) or value is None:
        return value
    if value is False:
        return None
    if not isinstance(value, str):
        raise ValueError("a date is text")
    if value in _NO_MOMENT:
        return None
    if _ISO.match(value):
        return datetime.fromisoformat(value)
    if _DOTTED.match(value):
        return datetime.strptime(value, "%d.%m.%Y %H:%M:%S"[: 17 if len(value) > 10 else 8])
    raise ValueError("a date is 2024-08-30, 2024-08-30T14:29:00+02:00 or 30.08.2024 14:29:00")


def _day(value: object) -> object:
    moment = value if type(value) is date else _moment(value)
    return moment.date() if isinstance(moment, datetime) else moment


Moment = Annotated[datetime | None, BeforeValidator(_moment)]
"""A point in time, aware if the portal sent its zone, as it does except in the calendar."""
Day = Annotated[date | None, BeforeValidator(_day)]
"""A day. ``crm.item.*`` writes it as a time, ``2024-08-30T03:00:00+03:00``: midnight of the server
in the zone of the user; the day is the one that is written."""


@dataclass(frozen=True, slots=True)
class Money:
    """An amount with its currency, in one text on the wire: ``100.50|EUR``.

    User fields of the kind "money" have it. In a subclass of a model:
    ``budget: Money | None = Field(None, alias="UF_CRM_1712")``.
    """

    amount: float
    currency: str

    def __str__(self) -> str:
        return f"{self.amount}|{self.currency}"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        # Made by hand: what pydantic makes has a name, by which the next field of a model that is
        # of this kind finds it without `_money`.
        amount = core_schema.dataclass_field("amount", core_schema.float_schema())
        currency = core_schema.dataclass_field("currency", core_schema.str_schema())
        fields = core_schema.dataclass_args_schema(cls.__name__, [amount, currency])
        schema = core_schema.dataclass_schema(cls, fields, ["amount", "currency"], slots=True)
        return core_schema.no_info_before_validator_function(_money, schema)


def _money(value: object) -> object:
    if not isinstance(value, str):
        return value
    amount, bar, currency = value.partition("|")
    if not bar or not currency:
        raise ValueError("money is 100.50|EUR")
    return {"amount": amount, "currency": currency}


@lru_cache(maxsize=16_384)
def plain_name(name: str) -> str:
    """What the spellings of a name have in common: ``STAGE_ID``, ``stageId`` and ``stage_id``. An
    underscore between digits counts: ``UF_CRM_1_2`` is not ``UF_CRM_12``."""
    return _UNDERSCORE.sub("", name).lower()


class Entity(BaseModel):
    """One record. Its fields have the vendor's names in snake case, whichever way they came:
    ``STAGE_ID`` (``crm.deal.get``) and ``stageId`` (``crm.item.get``) are both ``stage_id``.

    The vendor's strings are cast to the types of the fields; an empty value is the default of its
    field. What does not fit its type is kept as it came, so that a portal that sends something odd
    breaks nothing: only a missing id is an error. Fields that the model does not name are kept too,
    in ``model_extra``; ``record["UF_CRM_1712"]`` finds them.

    Give user fields a type in a subclass: ``area: float = Field(0, alias="UF_CRM_1712")``. They
    too are read in both spellings. A field without a default has to be there and to fit; in one
    with a default, what a validator of the subclass refuses is kept like any other odd value.

    Attributes:
        kind: the name of this kind of record in keys, such as ``deal:7``.
        reading: how one is read by its id; None if no documented method does that.
        also_called: further names of fields, by which other methods give them.

    Source: protocol.md 7.4; catalogue, entities.
    """

    model_config = ConfigDict(
        extra="allow",
        coerce_numbers_to_str=True,
        allow_inf_nan=False,
        defer_build=True,
        alias_generator=AliasGenerator(serialization_alias=to_camel),
    )

    kind: ClassVar[str] = ""
    reading: ClassVar[Reading | None] = None
    also_called: ClassVar[Mapping[str, str]] = {}

    def __getitem__(self, name: str) -> Any:
        """A field by the vendor's name, in any spelling.

        Raises:
            KeyError: the record came without it, and its model does not name it.
        """
        others = self.model_extra or {}
        if name in others:
            return others[name]
        plain = plain_name(name)
        field = spelled_fields(type(self)).get(plain)
        if field is not None:
            return getattr(self, field)
        for other, value in others.items():
            if plain_name(other) == plain:
                return value
        raise KeyError(name)

    @classmethod
    def how_to_read(
        cls, entity_id: int | str, given: Mapping[str, Any]
    ) -> tuple[Reading, dict[str, Any]]:
        """How the record with this id is read, and the parameters of the call.

        Args:
            given: further parameters of the method.

        Raises:
            TypeError: no documented method reads one by its id, or the method needs more.
        """
        if cls.reading is None:
            raise TypeError(f"no documented method reads one {cls.__name__} by its id; list them")
        return cls.reading, cls.reading.parameters(entity_id, given)

    @model_validator(mode="wrap")
    @classmethod
    def _read(cls, data: Any, build: ModelWrapValidatorHandler[Self]) -> Self:
        if not isinstance(data, Mapping):
            return build(data)
        values = _with_known_names(cls, data)
        try:
            return build(values)
        except ValidationError as error:
            odd = _take_out(cls, values, error)
        record = build(values)
        record.__dict__.update(odd)
        record.__pydantic_fields_set__.update(odd)
        return record


def _with_known_names(model: type[Entity], data: Mapping[Any, Any]) -> dict[Any, Any]:
    """The values under the names that pydantic looks for, without the empty ones for which the
    fields have their defaults."""
    keys, refused = _keys(model), _refused(model)
    values: dict[Any, Any] = {}
    for name, value in data.items():
        key = keys.get(plain_name(name), name) if isinstance(name, str) else name
        if key != name and (key in data or key in values):
            key = name  # both spellings came: the second stays among the others
        values[key] = value
    for key in [k for k, v in values.items() if not v and (k, repr(v)) in refused]:
        del values[key]
    return values


def _take_out(
    model: type[Entity], values: dict[Any, Any], error: ValidationError
) -> dict[str, Any]:
    """Remove the values that do not fit their fields, and return those that are not empty. What a
    record cannot do without stays, and fails again."""
    names = {_key(name, field): name for name, field in model.model_fields.items()}
    odd: dict[str, Any] = {}
    for problem in error.errors(include_url=False, include_context=False, include_input=False):
        key = problem["loc"][0] if problem["loc"] else None
        name = names.get(str(key))
        if name is None or model.model_fields[name].is_required():
            continue
        if key not in values:
            continue  # a second problem of the same value
        value = values.pop(key)
        if value is None or value is False or value in ("", [], {}):
            _refused(model).add((str(key), repr(value)))
        else:
            odd[name] = value
    return odd


@cache
def _refused(model: type[Entity]) -> set[tuple[str, str]]:
    """Empty values that fields were found not to take. Rows are full of them, and an error costs
    more than all the rest of reading a row."""
    return set()


@cache
def spelled_fields(model: type[Entity]) -> dict[str, str]:
    """Field by plain name."""
    names = {plain_name(name): name for name in model.model_fields}
    for name, field in model.model_fields.items():
        for alias in aliases_of(field):
            names[plain_name(alias)] = name
    for other, name in model.also_called.items():
        if name in model.model_fields:
            names.setdefault(plain_name(other), name)
    return names


@cache
def _keys(model: type[Entity]) -> dict[str, str]:
    """The name under which pydantic looks for a field, by plain name."""
    return {
        plain: _key(name, model.model_fields[name]) for plain, name in spelled_fields(model).items()
    }


def _key(name: str, field: FieldInfo) -> str:
    return next(iter(aliases_of(field)), name)


def aliases_of(field: FieldInfo) -> list[str]:
    """The names under which pydantic looks for a field, if it has others than its own."""
    alias = field.validation_alias
    choices = alias.choices if isinstance(alias, AliasChoices) else [alias]
    return [choice for choice in choices if isinstance(choice, str)]


class Multifield(Entity):
    """One of several phone numbers, addresses of mail and the like of a record.

    Attributes:
        type_id: ``PHONE``, ``EMAIL``, ``WEB``, ``IM`` or ``LINK``.
        value_type: ``WORK``, ``HOME``, ``MOBILE`` and others; it depends on the type.
    """

    kind: ClassVar[str] = "multifield"

    id: int = 0
    type_id: str = ""
    value_type: str = ""
    value: str = ""


class CrmItem(Entity):
    """A record that ``crm.item.*`` knows by the number of its type.

    With ``*`` among the selected fields the list gives what ``crm.item.get`` gives; records that we
    may not read it leaves out.

    Source: protocol.md 7.4; catalogue entities ``crm.item:deal`` and so on.
    """

    reading: ClassVar[Reading | None] = Reading(
        "crm.item.get",
        record_at="item",
        needs=("entityTypeId",),
        fixed={"useOriginalUfNames": "Y"},
        together=Together(
            "crm.item.list",
            ids_at=("filter", "@id"),
            records_at="items",
            id_field="id",
            fixed={"select": ["*", "UF_*"], "start": -1},
        ),
    )
    also_called: ClassVar[Mapping[str, str]] = {
        "COMPANY_TYPE": "type_id",
        "CREATED_BY_ID": "created_by",
        "DATE_CREATE": "created_time",
        "DATE_MODIFY": "updated_time",
        "MODIFY_BY_ID": "updated_by",
        "MOVED_BY_ID": "moved_by",
        "STATUS_ID": "stage_id",
        "STATUS_SEMANTIC_ID": "stage_semantic_id",
    }
    entity_type_id: ClassVar[int] = 0
    """0 in `Item`, which stands for every type that a portal has made of its own."""

    @classmethod
    def how_to_read(
        cls, entity_id: int | str, given: Mapping[str, Any]
    ) -> tuple[Reading, dict[str, Any]]:
        own = {"entityTypeId": cls.entity_type_id} if cls.entity_type_id else {}
        return super().how_to_read(entity_id, {**own, **given})


class CrmParty(CrmItem):
    """A person or a firm: a record with phone numbers and addresses of mail.

    The classic methods give them by type (``PHONE``), ``crm.item.get`` all in ``fm``; the fields of
    the types have them either way.
    """

    fm: list[Multifield] = Field(default_factory=list)
    phone: list[Multifield] = Field(default_factory=list)
    email: list[Multifield] = Field(default_factory=list)
    web: list[Multifield] = Field(default_factory=list)
    im: list[Multifield] = Field(default_factory=list)
    link: list[Multifield] = Field(default_factory=list)

    @model_validator(mode="after")
    def _by_type(self) -> Self:
        for name in MULTIFIELDS:
            found = [f for f in _multifields(self.fm) if f.type_id == name.upper()]
            if found and not getattr(self, name):
                self.__dict__[name] = found
        return self

    @property
    def phones(self) -> list[str]:
        """The phone numbers."""
        return self._values_of("PHONE", self.phone)

    @property
    def emails(self) -> list[str]:
        """The addresses of mail."""
        return self._values_of("EMAIL", self.email)

    def _values_of(self, type_id: str, own: object) -> list[str]:
        fields = _multifields(own) or [f for f in _multifields(self.fm) if f.type_id == type_id]
        return [field.value for field in fields]


def _multifields(value: object) -> list[Multifield]:
    """The value of a field, which may be something odd that was kept."""
    return [f for f in value if isinstance(f, Multifield)] if isinstance(value, list) else []
