"""What all events have in common: codes, classes, ids, and what is told apart."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

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
from bitrix_events.events.base import REGISTERED


class OnTestsOwnThing(Event):
    """An event that a developer adds."""


class OnTestsNamedThing(Event):
    CODE: ClassVar[str] = "TESTS.NAMED.THING"


def test_a_code_finds_its_class_in_any_spelling() -> None:
    assert event_class("ONCRMDEALADD") is event_class("onCrmDealAdd") is OnCrmDealAdd


@pytest.mark.parametrize("code", ["", "ONUNKNOWN", "EVENT", "ENTITYEVENT", "LIFECYCLEEVENT"])
def test_any_other_code_is_just_an_event(code: str) -> None:
    assert event_class(code) is Event


def test_developers_may_add_event_classes() -> None:
    assert event_class("ONTESTSOWNTHING") is OnTestsOwnThing
    assert event_class("tests.named.thing") is OnTestsNamedThing
    assert event_class("ONTESTSNAMEDTHING") is Event


def test_a_class_of_the_developer_comes_before_the_documented_one() -> None:
    code = "ONSONETGROUPSUBJECTADD"
    documented = event_class(code)
    try:
        own = type("OnSonetGroupSubjectAdd", (Event,), {})
        assert event_class(code) is own
    finally:
        REGISTERED[code] = documented


def test_a_record_event_of_the_developer_is_named_after_its_record() -> None:
    class OnTestsDealWon(EntityEvent[Deal]): ...

    event = OnTestsDealWon("ONTESTSDEALWON", {"FIELDS": {"ID": "7"}})

    assert (event.entity_type, event.entity_key) == (Deal, "deal:7")


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
    [
        {"FIELDS": {"ID": "7405"}},
        {"FIELDS": {"ID": "007405"}},
        {"FIELDS": {"ID": 7405}},  # offline events keep numbers
        {"ID": "7405"},
        {"FIELDS": {"ID": "7405", "CATEGORY_ID": "1"}},
    ],
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
        {"FIELDS": {"ID": -7}},
        {"FIELDS": {"ID": True}},
        *(
            {"FIELDS": {"ID": text}}
            for text in ("", "0", "USD", "-7", "7.0", " 7", "7\n", "٧", "²")
        ),
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
