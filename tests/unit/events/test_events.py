"""Event classes and codes, the records they are about, and the vendor's strings cast."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar

import pytest
from pydantic import Field, ValidationError

import bitrix_events.events as events
from bitrix_events.events import (
    Company,
    Contact,
    Deal,
    Entity,
    EntityEvent,
    Event,
    Kind,
    Lead,
    LifecycleEvent,
    OnAppInstall,
    OnAppTest,
    OnAppUninstall,
    OnAppUpdate,
    OnCrmCompanyDelete,
    OnCrmContactUpdate,
    OnCrmDealAdd,
    OnCrmDealDelete,
    OnCrmDealUpdate,
    OnCrmLeadAdd,
    event_class,
)

CLASSES = [getattr(events, name) for name in events.__all__ if name.startswith("On")]


class OnTestsOwnThing(Event):
    """An event that a developer adds."""


class OnTestsNamedThing(Event):
    CODE: ClassVar[str] = "TESTS.NAMED.THING"


@pytest.mark.parametrize("event", CLASSES, ids=lambda event: event.__name__)
def test_a_code_is_the_class_name_in_upper_case_and_finds_the_class(event: type[Event]) -> None:
    assert event.__name__.upper() == event.CODE
    assert event_class(event.CODE) is event
    assert event_class(event.__name__) is event


@pytest.mark.parametrize("code", ["", "ONUNKNOWN", "EVENT", "ENTITYEVENT", "LIFECYCLEEVENT"])
def test_any_other_code_is_just_an_event(code: str) -> None:
    assert event_class(code) is Event


def test_developers_may_add_event_classes() -> None:
    assert event_class("ONTESTSOWNTHING") is OnTestsOwnThing
    assert event_class("tests.named.thing") is OnTestsNamedThing
    assert event_class("ONTESTSNAMEDTHING") is Event


@pytest.mark.parametrize(
    ("event", "entity", "kind", "is_gone"),
    [
        (OnCrmLeadAdd, Lead, Kind.FACT, False),
        (OnCrmDealAdd, Deal, Kind.FACT, False),
        (OnCrmDealUpdate, Deal, Kind.STATE, False),
        (OnCrmDealDelete, Deal, Kind.FACT, True),
        (OnCrmContactUpdate, Contact, Kind.STATE, False),
        (OnCrmCompanyDelete, Company, Kind.FACT, True),
    ],
)
def test_a_record_event_knows_its_record(
    event: type[EntityEvent[Any]], entity: type[Entity], kind: Kind, is_gone: bool
) -> None:
    assert event.entity_type is entity
    assert event.kind is kind
    assert event.entity_is_gone is is_gone


@pytest.mark.parametrize(
    "data",
    [{"FIELDS": {"ID": "7405"}}, {"ID": "7405"}, {"FIELDS": {"ID": "7405", "CATEGORY_ID": "1"}}],
)
def test_the_id_lies_in_fields_or_directly_in_data(data: object) -> None:
    event = OnCrmDealUpdate("ONCRMDEALUPDATE", data)

    assert event.entity_id == 7405
    assert event.entity_key == "deal:7405"


@pytest.mark.parametrize(
    "data",
    [
        {},
        "107",
        ["7"],
        {"FIELDS": "undefined"},
        {"FIELDS": ["7"]},
        {"FIELDS": {}},
        {"FIELDS": {}, "ID": "7"},
        {"FIELDS": {"id": "7"}},
        {"FIELDS": {"ID": ["7"]}},
        {"FIELDS": {"ID": {"a": "7"}}},
        *({"FIELDS": {"ID": text}} for text in ("", "USD", "-7", "7.0", " 7", "7\n", "٧", "²")),
        {"FIELDS": {"ID": "9" * 19}},
        {"FIELDS": {"ID": "9" * 5000}},
    ],
)
def test_an_odd_id_is_said_plainly_and_makes_no_key(data: object) -> None:
    event = OnCrmDealUpdate("ONCRMDEALUPDATE", data)

    with pytest.raises(ValueError, match="ONCRMDEALUPDATE came without the id of a record"):
        event.entity_id  # noqa: B018
    assert event.entity_key is None


def test_an_event_about_no_record_has_no_key() -> None:
    assert Event("ONUSERADD", {"FIELDS": {"ID": "7"}}).entity_key is None


def test_an_installation_tells_version_and_language() -> None:
    install = OnAppInstall("ONAPPINSTALL", {"VERSION": "3", "LANGUAGE_ID": "de"})
    update = OnAppUpdate("ONAPPUPDATE", {"VERSION": "4", "PREVIOUS_VERSION": "3"})

    assert (install.version, install.language) == ("3", "de")
    assert (update.version, update.previous_version, update.language) == ("4", "3", "")


@pytest.mark.parametrize(
    ("data", "clean"),
    [
        ({"CLEAN": "1"}, True),
        ({"CLEAN": "0"}, False),
        ({"CLEAN": ""}, False),
        ({"CLEAN": ["1"]}, False),
        ({}, False),
        ("", False),
    ],
)
def test_an_uninstallation_asks_to_delete_only_if_clean_is_1(data: object, clean: bool) -> None:
    assert OnAppUninstall("ONAPPUNINSTALL", data).clean is clean


def test_the_interface_is_closed_only_after_an_uninstallation() -> None:
    assert OnAppUninstall.api_is_closed
    assert not any(getattr(event, "api_is_closed", False) for event in (OnAppInstall, OnAppTest))
    assert issubclass(OnAppTest, LifecycleEvent)


def test_a_deal_is_cast_from_the_vendors_strings() -> None:
    deal = Deal.model_validate(
        {
            "id": "7405",
            "title": "Станок",
            "categoryId": "3",
            "stageId": "C3:NEW",
            "stageSemanticId": "P",
            "opportunity": "1000000.50",
            "currencyId": "EUR",
            "companyId": "9",
            "contactId": None,
            "leadId": "",
            "closed": "N",
            "opened": "Y",
            "assignedById": "12",
            "createdTime": "2024-08-30T14:29:00+02:00",
            "updatedTime": "",
            "comments": None,
        }
    )

    assert deal.id == 7405
    assert deal.title == "Станок"
    assert (deal.category_id, deal.company_id, deal.contact_id, deal.lead_id) == (3, 9, 0, 0)
    assert deal.opportunity == 1_000_000.5
    assert (deal.closed, deal.opened) == (False, True)
    assert deal.assigned_by_id == 12
    assert deal.created_time == datetime(2024, 8, 30, 12, 29, tzinfo=UTC)
    assert deal.created_time.utcoffset() == timedelta(hours=2)
    assert deal.updated_time is None
    assert deal.comments == ""


@pytest.mark.parametrize(
    ("value", "flag"),
    [("Y", True), ("N", False), ("", False), (None, False), (True, True), (1, True), ("0", False)],
)
def test_flags_are_yes_or_no(value: object, flag: bool) -> None:
    assert Company.model_validate({"id": 1, "isMyCompany": value}).is_my_company is flag


@pytest.mark.parametrize("value", ["maybe", "y?", []])
def test_a_flag_that_is_neither_is_refused(value: object) -> None:
    with pytest.raises(ValidationError):
        Company.model_validate({"id": 1, "isMyCompany": value})


@pytest.mark.parametrize(
    ("value", "amount"), [("", 0.0), (None, 0.0), ("0.00", 0.0), ("12.5", 12.5), (120, 120.0)]
)
def test_amounts_are_numbers(value: object, amount: float) -> None:
    assert Lead.model_validate({"id": 1, "opportunity": value}).opportunity == amount
    assert Company.model_validate({"id": 1, "revenue": value}).revenue == amount


@pytest.mark.parametrize(
    ("value", "day"),
    [
        ("2024-08-30", date(2024, 8, 30)),
        ("2024-08-30T00:00:00+02:00", date(2024, 8, 30)),
        # as crm.item.get answers: midnight of the server in the time zone of the user
        ("2024-08-30T02:00:00+02:00", date(2024, 8, 30)),
        ("2024-08-30T03:00:00+03:00", date(2024, 8, 30)),
        ("", None),
        ("0000-00-00", None),
        (None, None),
    ],
)
def test_days_are_dates_or_none(value: object, day: date | None) -> None:
    deal = Deal.model_validate({"id": 1, "begindate": value, "closedate": value})

    assert (deal.begindate, deal.closedate) == (day, day)


def test_numbers_become_text_where_text_is_expected() -> None:
    contact = Contact.model_validate({"id": 1, "name": 42, "lastName": None, "post": False})

    assert (contact.name, contact.last_name, contact.post) == ("42", "", "")


@pytest.mark.parametrize("entity", [Lead, Deal, Contact, Company])
def test_a_record_needs_only_its_id(entity: type[Entity]) -> None:
    record = entity.model_validate({"id": "7"})

    assert record.id == 7


@pytest.mark.parametrize("value", [{}, {"id": ""}, {"id": "seven"}, {"id": None}])
def test_a_record_without_an_id_is_refused(value: object) -> None:
    with pytest.raises(ValidationError):
        Deal.model_validate(value)


def test_fields_have_python_names_too() -> None:
    assert Deal.model_validate({"id": 1, "stage_id": "NEW"}).stage_id == "NEW"


def test_fields_that_the_model_does_not_name_are_kept_as_they_came() -> None:
    deal = Deal.model_validate({"id": 1, "UF_CRM_1712": ["a", "b"], "utmSource": None})

    assert deal["UF_CRM_1712"] == ["a", "b"]
    assert deal["utmSource"] is None
    with pytest.raises(KeyError):
        deal["UF_CRM_OTHER"]


class Flat(Deal):
    area: float = Field(0, alias="UF_CRM_1712")
    rooms: int | None = Field(None, alias="UF_CRM_1713")


def test_a_user_field_gets_a_type_in_a_subclass() -> None:
    flat = Flat.model_validate({"id": 1, "title": "A", "UF_CRM_1712": "54.5"})

    assert (flat.area, flat.rooms, flat.title) == (54.5, None, "A")
    assert flat.model_extra == {}
    assert (Flat.kind, Flat.entity_type_id) == ("deal", 2)


@pytest.mark.parametrize(
    ("entity", "kind", "entity_type_id"),
    [(Lead, "lead", 1), (Deal, "deal", 2), (Contact, "contact", 3), (Company, "company", 4)],
)
def test_records_have_the_vendors_type_ids(
    entity: type[Entity], kind: str, entity_type_id: int
) -> None:
    assert (entity.kind, entity.entity_type_id) == (kind, entity_type_id)


def test_a_fact_about_a_record_has_an_identity() -> None:
    add = OnCrmDealAdd("ONCRMDEALADD", {"FIELDS": {"ID": "7"}})
    delete = OnCrmDealDelete("ONCRMDEALDELETE", {"FIELDS": {"ID": "7"}})

    assert add.identity == "ONCRMDEALADD deal:7"
    assert delete.identity == "ONCRMDEALDELETE deal:7"


@pytest.mark.parametrize(
    "event",
    [
        OnCrmDealAdd("ONCRMDEALADD", {}),
        OnCrmDealUpdate("ONCRMDEALUPDATE", {"FIELDS": {"ID": "7"}}),
        OnAppInstall("ONAPPINSTALL", {}),
        OnAppUninstall("ONAPPUNINSTALL", {}),
        Event("ONX", {"FIELDS": {"ID": "7"}}),
    ],
)
def test_what_cannot_be_told_apart_or_is_no_fact_has_no_identity(event: Event) -> None:
    assert event.identity is None
