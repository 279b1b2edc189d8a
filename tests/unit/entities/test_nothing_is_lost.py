"""Whatever a portal sends: a record with an id is read, and each value can be found again."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import bitrix_events.entities as entities
from bitrix_events.entities import Day, Entity, Money

MODELS: dict[str, type[Entity]] = {name: getattr(entities, name) for name in entities.names()}
ODD: list[Any] = [
    *(None, True, False, 0, 1, -7, 12.5, 10**30, "", " ", "0", "7", "-7", "12.50", "1e999", "nan"),
    *("Y", "N", "y", "maybe", "2024-08-30", "2024-13-45", "2024-08-30T03:00:00+03:00", "100|EUR"),
    *("0000-00-00", "30.08.2024 14:29:00", "\x00", "ü" * 300, [], {}, [""], ["7", "x"], [{}]),
    *([{"ID": "1", "VALUE": "a"}], [{"VALUE": "a"}], {"0": "7"}, {"ID": "7", "LANG": {"de": {}}}),
    *([[["7"]]], {"de": {"DECIMALS": "2"}}, {"de": None}),
]
JSON = st.recursive(
    st.sampled_from(ODD)
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)


def is_kept(value: Any, came: Any) -> bool:
    """Whether a value of a record says all that the value says that came."""
    match value:
        case bool() if type(came) is not bool:
            return value is {"y": True, "1": True, "n": False, "0": False}.get(str(came).lower())
        case Entity():
            return all(is_kept(value[name], inner) for name, inner in came.items())
        case list() if isinstance(came, list):
            return len(value) == len(came) and all(map(is_kept, value, came))
        case dict() if isinstance(came, dict):
            return value.keys() == came.keys() and all(is_kept(value[k], came[k]) for k in came)
        case datetime():
            return str(came)[:10] in (value.strftime("%Y-%m-%d"), value.strftime("%d.%m.%Y"))
        case date():
            return str(came)[:10] in (value.isoformat(), value.strftime("%d.%m.%Y"))
        case float() if not isinstance(came, bool):
            return value == float(came)  # to its 15 digits
        case int() if isinstance(came, str):
            return value == int(came)
        case str() if isinstance(came, int | float) and not isinstance(came, bool):
            return value == str(came)
    return bool(value == came and isinstance(came, type(value) | int | float))


def lost(record: Entity, row: dict[str, Any]) -> list[Any]:
    """The fields of the row that the record does not have."""
    return [
        (name, came, record[name])
        for name, came in row.items()
        if not (is_empty(came) and record[name] in (0, 0.0, "", False, None, [], {}))
        and not is_kept(record[name], came)
    ]


def is_empty(came: Any) -> bool:
    return came is None or came is False or came in ("", [], {}, "0000-00-00")


def spellings(model: type[Entity]) -> list[str]:
    fields = {name: field for name, field in model.model_fields.items() if name != "id"}
    camel = [field.serialization_alias or name for name, field in fields.items()]
    return [*fields, *camel, *(name.upper() for name in fields)]


@pytest.mark.parametrize("name", sorted(MODELS))
def test_any_value_of_any_field_is_read_and_kept(name: str) -> None:
    model = MODELS[name]
    fields = [field for field in model.model_fields if field != "id"]

    for odd in ODD:
        row = {"id": "7", **dict.fromkeys(fields, odd)}

        assert lost(model.model_validate(row), row) == []


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_any_object_with_an_id_is_read_and_nothing_is_lost(data: st.DataObject) -> None:
    model = MODELS[data.draw(st.sampled_from(["Deal", "Contact", "Task", "User", "Order"]))]
    names = st.sampled_from([*spellings(model), "UF_CRM_1", "ufCrm_1"]) | st.text(max_size=6)
    row = {
        name: value
        for name, value in data.draw(st.dictionaries(names, JSON, max_size=12)).items()
        if name.lower().strip("_") != "id"
    }

    record = model.model_validate({**row, "id": "7"})

    assert record["id"] == 7
    assert lost(record, row) == []


class Flat(entities.Deal):
    area: float = 0
    rooms: int | None = None
    budget: Money | None = None
    day: Day = None
    tags: list[str] | dict[str, int] | None = None


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_types_that_a_developer_gives_do_not_make_it_stricter(odd: Any) -> None:
    fields = dict.fromkeys(("area", "rooms", "day", "tags"), odd)

    assert lost(Flat.model_validate({"id": 1, **fields}), fields) == []
