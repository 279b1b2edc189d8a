"""Single fields of records: found by any spelling, their values as JSON has them.

Two reads of a field have equal forms if nothing was changed, whatever the portal writes: a time is
the moment that it stands for, nothing is nothing. `is_alike` also takes a value that was written
for the one that the portal made of it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, ValidationError, create_model
from pydantic.alias_generators import to_camel
from pydantic.fields import FieldInfo

from bitrix_events.entities.base import (
    MULTIFIELDS,
    CrmItem,
    CrmParty,
    Entity,
    Money,
    aliases_of,
    plain_name,
    spelled_fields,
)
from bitrix_events.nearest import did_you_mean

_OF_THE_PORTAL: Final = ("uf", "parentid")
"""How fields begin that a portal has made of its own, in plain names."""
_FILE_KEYS: Final = frozenset({"url", "urlmachine", "showurl", "downloadurl"})
_YES: Final = frozenset({"y", "1", "true"})
_NO: Final = frozenset({"n", "0", "false", ""})
_LARGEST_INTEGER: Final = 2**63
_LIKE_ENTITIES: Final = ConfigDict(
    coerce_numbers_to_str=True, allow_inf_nan=False, arbitrary_types_allowed=True
)
_WIDEST_ZONE: Final = timedelta(hours=14)
_ZONE_STEP: Final = timedelta(minutes=15)
_CENT: Final = 0.0051
"""Portals round amounts to cents."""


class WatchedField:
    """One field of a kind of record.

    Attributes:
        name: of the model's field; of one that only the portal knows, as somebody wrote it.
    """

    def __init__(self, model: type[Entity], name: str) -> None:
        self.name = name
        self._known = model.model_fields.get(name)
        self._is_multifield = issubclass(model, CrmParty) and name in MULTIFIELDS
        self._caster: type[BaseModel] | None = None
        spellings = spelled_fields(model)
        self._spellings = {s for s, field in spellings.items() if field == name}
        self._spellings.add(plain_name(name))

    def is_called(self, name: str) -> bool:
        """Whether this is a name of the field, in any spelling."""
        return plain_name(name) in self._spellings

    @property
    def item_name(self) -> str:
        """What ``crm.item.*`` calls the field, where user fields have their original names."""
        aliases = [] if self._known is None else aliases_of(self._known)
        name = next(iter(aliases), self.name)
        return name if any(map(str.isupper, name)) else to_camel(name)

    def is_told_by(self, row: Mapping[str, Any]) -> bool:
        """Whether a row of a list says what the field is, if only that it is empty."""
        return any(map(self.is_called, row)) or (self._is_multifield and "fm" in row)

    def read(self, record: Entity) -> Any:
        """The form of the record's value; None if the record has no such field."""
        if self._known is not None:
            return form_of(getattr(record, self.name))
        try:
            return form_of(record[self.name])
        except KeyError:
            return None

    def form(self, value: Any) -> Any:
        """The form that the field has when it is set to a value."""
        return form_of(self._cast(value))

    def value(self, form: Any) -> Any:
        """What handlers see: the form, cast to the type of the field."""
        return self._cast(form)

    def fits(self, value: Any) -> bool:
        """Whether the field can have such a value, as far as its model tells."""
        if self._known is None or _is_empty(value):
            return True
        try:
            self._validated(self._known, value)
        except ValidationError:
            return False
        return True

    def is_value(self, wanted: Any, form: Any) -> bool:
        """Whether a form that was read is that of a wanted value. Of a field that only the portal
        knows nobody can tell the type: there ``5`` is ``"5"``, and ``True`` is ``"Y"``."""
        if self._known is None:
            return is_alike(wanted, form)
        return is_same(wanted, form)

    def _cast(self, value: Any) -> Any:
        known = self._known
        if known is None:
            return value
        try:
            return self._validated(known, value)
        except ValidationError:
            if _is_empty(value) and not known.is_required():
                return known.get_default(call_default_factory=True, validated_data={})
            return value

    def _validated(self, known: FieldInfo, value: Any) -> Any:
        if self._caster is None:
            kind: Any = known.annotation
            if known.metadata:
                kind = Annotated[kind, *known.metadata]
            self._caster = create_model("Caster", __config__=_LIKE_ENTITIES, value=(kind, ...))
        return self._caster.model_validate({"value": value}).__dict__["value"]


def find_field(model: type[Entity], name: str) -> WatchedField:
    """A field by its name in any spelling: ``stage_id``, ``STAGE_ID``, ``UF_CRM_1712``.

    User fields, and those that link a record to another, exist on the portal only: of them any name
    is taken.

    Raises:
        LookupError: the model has no such field; the text names the nearest.
    """
    known = spelled_fields(model).get(plain_name(name))
    if known is not None:
        return _field(model, known)
    if plain_name(name).startswith(_OF_THE_PORTAL):
        return _field(model, name)
    hint = did_you_mean(name, model.model_fields)
    raise LookupError(f"{model.__name__} has no field {name!r}{hint and '; '}{hint}")


def item_update(record: Entity, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of ``crm.item.update`` that set fields of a record.

    Raises:
        TypeError: that method does not know such records.
        ValueError: the record has no such field.
    """
    model = type(record)
    number = 0
    if isinstance(record, CrmItem):
        number = record.entity_type_id or (record.model_extra or {}).get("entityTypeId", 0)
    if not number:
        raise TypeError(
            f"crm.item.update knows no {model.__name__}; call the method that changes it"
        )
    try:
        named = {find_field(model, name).item_name: value for name, value in fields.items()}
    except LookupError as error:
        raise ValueError(error.args[0]) from None
    written = {"entityTypeId": number, "id": record["id"], "fields": named}
    return {**written, "useOriginalUfNames": "Y"}


def form_of(value: Any) -> Any:
    """A value as JSON has it. Whatever says that there is none is None."""
    match value:
        case None | "":
            return None
        case bool():
            return value
        case str():
            return value if value.isascii() else value.encode("utf-8", "replace").decode()
        case int():
            return value if abs(value) < _LARGEST_INTEGER else str(value)
        case float():
            return value if math.isfinite(value) else str(value)
        case datetime():
            return (value.astimezone(UTC) if value.tzinfo else value).isoformat()
        case date():
            return value.isoformat()
        case Money():
            return f"{float(value.amount)}|{value.currency}"
        case BaseModel():
            return form_of(value.model_dump())
        case Mapping():
            return _form_of_mapping(value)
        case list() | tuple() | set() | frozenset():
            return [form_of(one) for one in value] or None
    return form_of(str(value))


def is_same(one: Any, other: Any) -> bool:
    """Whether two forms that were read are the same. ``False`` is how portals also write that there
    is no value."""
    return bool(one == other) or (_is_nothing(one) and _is_nothing(other))


def is_alike(written: Any, read: Any) -> bool:
    """Whether a portal may have made of the first what the second is: it rounds, trims, sorts, and
    has several words for yes."""
    if is_same(written, read) or _word(written) == _word(read):
        return True
    if isinstance(written, list) or isinstance(read, list):
        ones, others = _as_list(written), _as_list(read)
        return len(ones) == len(others) and all(map(is_alike, _sorted(ones), _sorted(others)))
    return _is_about_equal(written, read) or _is_same_time(written, read)


def has_known_form(value: Any) -> bool:
    """Whether it can be foreseen what a portal makes of a value: of a file it cannot."""
    if isinstance(value, list | tuple | set | frozenset):
        return all(map(has_known_form, value))
    return value is None or isinstance(value, bool | int | float | str | date | Money)


@cache
def _field(model: type[Entity], name: str) -> WatchedField:
    return WatchedField(model, name)


def _form_of_mapping(value: Mapping[Any, Any]) -> Any:
    names = {plain_name(str(key)): key for key in value}
    if "id" in names and not _FILE_KEYS.isdisjoint(names):
        return {"id": form_of(value[names["id"]])}  # addresses of files change with each read
    return {form_of(str(key)) or "": form_of(one) for key, one in value.items()} or None


def _is_nothing(form: Any) -> bool:
    return form is None or form is False


def _is_empty(value: Any) -> bool:
    return value is None or value is False or value in ("", [], {})


def _word(form: Any) -> Any:
    """A form without what does not count in texts."""
    text = str(form).strip() if isinstance(form, bool | int | str) else None
    if text is None:
        return False if form is None else form
    if text.lower() in _YES:
        return True
    return False if text.lower() in _NO else " ".join(text.split())


def _as_list(form: Any) -> list[Any]:
    if isinstance(form, list):
        return [one for one in form if one is not None]
    return [] if form in (None, False) else [form]


def _sorted(forms: Iterable[Any]) -> list[Any]:
    return sorted(forms, key=lambda form: str(_number(form) if _number(form) is not None else form))


def _is_about_equal(one: Any, other: Any) -> bool:
    (first, unit), (second, other_unit) = _amount(one), _amount(other)
    if first is None or second is None or unit != other_unit:
        return False
    return math.isclose(first, second, rel_tol=1e-9, abs_tol=_CENT)


def _amount(form: Any) -> tuple[float | None, str]:
    """A number, and its currency if it has one: ``100.50|EUR``."""
    number, _, unit = form.partition("|") if isinstance(form, str) else (form, "", "")
    return _number(number), unit


def _number(form: Any) -> float | None:
    if isinstance(form, bool) or not isinstance(form, int | float | str):
        return None
    try:
        number = float(form)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _is_same_time(one: Any, other: Any) -> bool:
    """The same moment; the same day, where one of them is only a day; or the same by the clock of
    some time zone, where one of them names none."""
    first, second = _moment(one), _moment(other)
    if first is None or second is None:
        return False
    if len(one) <= 10 or len(other) <= 10:
        return first.date() == second.date()
    if (first.tzinfo is None) == (second.tzinfo is None):
        return first == second
    gap = abs(first.replace(tzinfo=None) - second.replace(tzinfo=None))
    return gap <= _WIDEST_ZONE and not gap % _ZONE_STEP


def _moment(form: Any) -> datetime | None:
    if not isinstance(form, str) or len(form) < 8:
        return None
    try:
        return datetime.fromisoformat(form)
    except ValueError:
        return None
