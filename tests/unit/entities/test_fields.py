"""Single fields of records: found by any spelling, with the same form whenever nothing changed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from bitrix_events.entities import Item, Money, Task
from bitrix_events.entities.fields import (
    find_field,
    form_of,
    has_known_form,
    is_alike,
    is_same,
    item_update,
)
from bitrix_events.events import Contact, Deal

MOSCOW = timezone(timedelta(hours=3))


class Roofing(Deal):
    area: float = Field(0, alias="UF_CRM_1712")
    budget: Money | None = Field(None, alias="UF_CRM_BUDGET")
    must_be: int = Field(alias="UF_CRM_MUST")


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("stage_id", "stage_id"),
        ("STAGE_ID", "stage_id"),
        ("stageId", "stage_id"),
        ("UF_CRM_1712", "area"),
        ("ufCrm_1712", "area"),
        ("area", "area"),
        ("DATE_MODIFY", "updated_time"),
        ("UF_CRM_OTHER", "UF_CRM_OTHER"),
        ("parentId147", "parentId147"),
    ],
)
def test_a_field_is_found_by_any_spelling(spelling: str, name: str) -> None:
    assert find_field(Roofing, spelling).name == name


def test_a_field_that_does_not_exist_is_answered_with_the_nearest() -> None:
    with pytest.raises(LookupError, match="Deal has no field 'stage'; did you mean stage_id"):
        find_field(Deal, "stage")


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("stage_id", ["C3:WON"]),
        ("stage_id", ["", None]),
        ("opportunity", [100, 100.0, "100.00"]),
        ("closed", [True, "Y", "1", 1]),
        ("closed", [False, "N", "", None]),
        ("assigned_by_id", [7, "7"]),
        ("closedate", ["2026-03-01", "2026-03-01T03:00:00+03:00", date(2026, 3, 1)]),
        ("closedate", ["", None, False]),
        (
            "updated_time",
            [
                "2026-03-01T12:00:00+03:00",
                "2026-03-01T09:00:00+00:00",
                datetime(2026, 3, 1, 9, tzinfo=UTC),
                datetime(2026, 3, 1, 12, tzinfo=MOSCOW),
            ],
        ),
        ("UF_CRM_BUDGET", ["100.50|EUR", "100.5|EUR", Money(100.5, "EUR")]),
        ("UF_CRM_OTHER", ["", None, [], {}]),
        (
            "UF_CRM_FILE",
            [
                {"id": 5, "url": "/a?auth=1", "urlMachine": "/b?auth=1"},
                {"id": 5, "url": "/a?auth=2", "urlMachine": "/b?auth=2"},
            ],
        ),
    ],
)
def test_values_that_mean_the_same_have_one_form(name: str, values: list[Any]) -> None:
    field = find_field(Roofing, name)

    first, *others = [field.form(value) for value in values]

    assert others == [first] * len(others)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("stage_id", "C3:WON"),
        ("closed", True),
        ("closedate", date(2026, 3, 1)),
        ("updated_time", datetime(2026, 3, 1, 9, tzinfo=UTC)),
        ("UF_CRM_BUDGET", Money(100.5, "EUR")),
        ("contact_ids", [1, 2]),
        ("must_be", 7),
        ("UF_CRM_OTHER", "raw"),
    ],
)
def test_a_form_can_be_cast_back(name: str, value: Any) -> None:
    field = find_field(Roofing, name)

    assert field.value(field.form(value)) == value


def test_the_value_of_a_record_is_that_of_its_model() -> None:
    record = Roofing.model_validate({"ID": 7, "UF_CRM_MUST": 1, "ufCrm_1712": "12.5", "UF_X": 3})

    assert find_field(Roofing, "area").read(record) == 12.5
    assert find_field(Roofing, "UF_X").read(record) == 3
    assert find_field(Roofing, "UF_MISSING").read(record) is None


def test_phones_are_compared_one_by_one() -> None:
    phones = [{"ID": "1", "VALUE_TYPE": "WORK", "VALUE": "+1"}]
    record = Contact.model_validate({"ID": 7, "PHONE": phones})
    other = Contact.model_validate({"ID": 7, "PHONE": [{**phones[0], "VALUE": "+2"}]})
    field = find_field(Contact, "phone")

    assert field.read(record) != field.read(other)


def test_a_list_may_tell_the_numbers_of_phones_among_others() -> None:
    phone, name = find_field(Contact, "phone"), find_field(Contact, "name")

    assert phone.is_told_by({"ID": 7, "PHONE": None})
    assert phone.is_told_by({"id": 7, "fm": []})
    assert not phone.is_told_by({"id": 7, "name": "Ada"})
    assert not name.is_told_by({"id": 7, "fm": []})


def test_what_does_not_fit_a_field_is_known() -> None:
    assert find_field(Deal, "assigned_by_id").fits("7")
    assert not find_field(Deal, "assigned_by_id").fits("Ada")
    assert not find_field(Deal, "stage_id").fits(["C3:WON"])


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (1234.567, 1234.57),
        (12, "12.00"),
        ("100.5|EUR", "100.50|EUR"),
        (True, "Y"),
        (1, "1"),
        (False, None),
        ("N", False),
        (" a  b\r\n", "a b"),
        ([3, 1, 2], ["1", "2", "3"]),
        ("a", ["a"]),
        (None, []),
        ("2026-03-01", "2026-03-01T03:00:00+03:00"),
        ("2026-03-01T12:00:00+03:00", "2026-03-01T09:00:00+00:00"),
        ("2026-03-01T12:00:00", "2026-03-01T12:00:00+03:00"),
        (datetime(2026, 3, 1, 12), datetime(2026, 3, 1, 12, tzinfo=MOSCOW)),
    ],
)
def test_what_portals_make_of_a_value_is_like_it(written: Any, read: Any) -> None:
    assert is_alike(form_of(written), form_of(read))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (100, 101),
        ("100|EUR", "100|USD"),
        (True, "N"),
        ("a", "b"),
        ([1, 2], [1]),
        ([1, 2], [1, 3]),
        (None, "a"),
        ("2026-03-01", "2026-03-02T03:00:00+03:00"),
        ("2026-03-01T12:00:00+03:00", "2026-03-01T10:00:00+00:00"),
        ("2026-03-01T12:00:00", "2026-03-01T12:07:00+03:00"),
        ("2026-03-01T12:00:00", "2026-03-02T12:00:00+03:00"),
        ({"a": 1}, {"a": 2}),
    ],
)
def test_another_value_is_not_like_it(written: Any, read: Any) -> None:
    assert not is_alike(form_of(written), form_of(read))


texts = st.text(st.characters(exclude_categories=()))
forms = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


@given(forms)
def test_every_value_is_like_itself(value: Any) -> None:
    form = form_of(value)

    assert form_of(form) == form
    assert orjson.loads(orjson.dumps(form)) == form
    assert is_same(form, form)
    assert is_alike(form, form)


def test_what_becomes_of_files_cannot_be_foreseen() -> None:
    assert has_known_form(["a", 1, None, date(2026, 3, 1)])
    assert not has_known_form({"fileData": ["a.pdf", "aGk="]})
    assert not has_known_form([{"VALUE": "+1"}])


def test_the_update_of_a_record_has_the_names_of_the_method() -> None:
    record = Roofing.model_validate({"ID": 7, "UF_CRM_MUST": 1})

    params = item_update(record, {"stage_id": "WON", "area": 5, "UF_X": 1, "CLOSEDATE": "x"})

    assert params == {
        "entityTypeId": 2,
        "id": 7,
        "fields": {"stageId": "WON", "UF_CRM_1712": 5, "UF_X": 1, "closedate": "x"},
        "useOriginalUfNames": "Y",
    }


def test_an_item_knows_its_type() -> None:
    item = Item.model_validate({"id": 7, "entityTypeId": 147})

    assert item_update(item, {"title": "a"})["entityTypeId"] == 147


def test_an_update_that_cannot_be_meant_is_refused() -> None:
    with pytest.raises(TypeError, match=r"crm.item.update knows no Task"):
        item_update(Task.model_validate({"id": 7}), {"title": "a"})
    with pytest.raises(ValueError, match="did you mean stage_id"):
        item_update(Deal(id=7), {"stage": "WON"})
