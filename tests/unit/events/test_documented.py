"""All documented events: their classes, what they are about, and the shapes of their data."""

from __future__ import annotations

import csv
import importlib
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, NotRequired, get_args, get_origin, is_typeddict

from bitrix_events import events
from bitrix_events.events import (
    BundleEvent,
    EntityEvent,
    Event,
    Item,
    ItemEvent,
    Kind,
    LifecycleEvent,
    NamedEvent,
    NumberedEvent,
    OnCrmDynamicItemAdd,
    SmartInvoice,
    event_class,
)
from bitrix_events.events.registry import table
from tests.every_event import ID, SOURCE, Documented, every_event

EVENTS = every_event()
RECORDS = json.loads(SOURCE.read_text("utf-8"))["events"]
SCOPES = json.loads(SOURCE.with_name("scopes.json").read_text("utf-8"))["scopes"]
EXPECTED = Path(__file__).with_name("every_event.csv")
"""Code, class, kind, key and identity of every event, to be read by people."""


def made(event: Documented) -> Event:
    return event_class(event.code)(event.code, event.data)


def test_every_event_of_the_catalogue_has_a_class_and_no_other_is_there() -> None:
    lifecycle = {e.code for e in EVENTS if issubclass(event_class(e.code), LifecycleEvent)}

    assert len(EVENTS) == 209
    assert {e.code for e in EVENTS if event_class(e.code) is Event} == set()
    assert len(lifecycle) == 6
    assert {event_class(e.code).__name__ for e in EVENTS if e.code not in lifecycle} == set(
        table().MODULES
    )


def test_every_event_is_what_the_table_says() -> None:
    with EXPECTED.open() as file:
        expected = {row["code"]: row for row in csv.DictReader(file)}

    found = {}
    for event in EVENTS:
        one = made(event)
        found[event.code] = {
            "code": event.code,
            "class": type(one).__name__,
            "kind": one.kind.value,
            "key": one.entity_key or "",
            "identity": (one.identity or "").removeprefix(f"{event.code} "),
        }

    assert found == expected


def test_classes_are_named_as_in_the_documentation() -> None:
    for event in EVENTS:
        kind = event_class(event.code)
        assert kind.__name__.upper() == event.name.upper().replace(".", "")
        assert event.code == kind.CODE
        assert getattr(events, kind.__name__) is kind


def test_the_id_is_where_the_documentation_says() -> None:
    for event in EVENTS:
        one = made(event)
        match one:
            case BundleEvent():
                assert one.entity_ids == (int(ID),), event.code
            case NamedEvent():
                assert one.entity_id == ID, event.code
            case NumberedEvent():
                assert one.entity_id == int(ID), event.code
            case _:
                assert event.id_path is None, event.code


def test_a_scope_is_one_that_can_be_granted() -> None:
    granted = {scope["scope"] for scope in SCOPES if scope["listed"]}

    for event in EVENTS:
        scope = event_class(event.code).scope
        assert scope in granted or (scope == "" and event.scope == "basic"), event.code


def test_what_came_in_place_of_a_deprecated_event_exists() -> None:
    deprecated = [kind for e in EVENTS if (kind := event_class(e.code)).is_deprecated]

    assert len(deprecated) == len([r for r in RECORDS if r.get("deprecated")])
    assert not any(
        event_class(e.code).replaced_by for e in EVENTS if event_class(e.code) not in deprecated
    )
    for kind in deprecated:
        for code in kind.replaced_by:
            assert event_class(code) is not Event, code
            assert not event_class(code).is_deprecated, code


def test_a_record_that_handlers_may_ask_for_can_be_read() -> None:
    kinds = {k for e in EVENTS if issubclass(k := event_class(e.code), EntityEvent)}

    assert len({kind.entity_type for kind in kinds}) > 20
    for kind in kinds:
        assert kind.entity_type.reading is not None, kind
        assert issubclass(kind, ItemEvent) or kind.entity_type.kind == kind.entity_name


def test_an_item_and_a_smart_invoice_are_what_item_events_are_about() -> None:
    for model in (Item, SmartInvoice):
        assert issubclass(model, OnCrmDynamicItemAdd.entity_type)
    assert Item.kind == OnCrmDynamicItemAdd.entity_name


def test_kinds_go_by_what_happened() -> None:
    for event in EVENTS:
        kind = event_class(event.code)
        name = kind.__name__.upper()
        if kind.entity_is_gone:
            assert name.endswith(("DELETE", "DELETED", "UNREGISTER"))
            assert kind.kind is not Kind.STATE, name
        if kind.kind is Kind.STATE:
            assert name.endswith(("UPDATE", "SAVED", "SETENUMVALUES", "SETSTATUS")), name


def test_a_state_carries_nothing_but_what_stays_the_same() -> None:
    """A later one takes its place, so that nothing may be lost with it."""
    stays = re.compile(r"(.*_)?ID|id|FIELD_NAME|ACTION|TYPE|entityId|fieldName|IS_ACCESSIBLE_\w+")

    for event in EVENTS:
        if event_class(event.code).kind is Kind.STATE:
            assert {name for name in leaves(event.data) if not stays.fullmatch(name)} == set()


def leaves(data: Any, name: str = "") -> Iterator[str]:
    if isinstance(data, dict):
        for key, inner in data.items():
            yield from leaves(inner, key)
    else:
        yield name


def test_the_types_of_data_have_the_documented_shapes() -> None:
    for record in RECORDS:
        kind = event_class(record["code"])
        module = sys.modules[kind.__module__]
        if issubclass(kind, LifecycleEvent):
            module = importlib.import_module(f"{table().__name__}.basic")
        annotation = kind.__annotations__["data"]

        assert shape_of(annotation, module) == documented_shape(record["data"]), kind


def shape_of(annotation: Any, module: ModuleType) -> Any:
    """What an annotation says: keys of mappings, lists, and ``"leaf"`` for all else."""
    if isinstance(annotation, str):
        annotation = eval(annotation, vars(module))
    if get_origin(annotation) is NotRequired:
        (annotation,) = get_args(annotation)
    members = [a for a in get_args(annotation) if get_origin(a) is not Literal]
    if get_origin(annotation) is not None and is_typeddict(members[0]) and len(members) == 1:
        if get_origin(annotation) is list:
            return [shape_of(members[0], module)]
        return shape_of(members[0], module)
    if get_origin(annotation) is dict and members[1] is not Any:
        return {"{id}": shape_of(members[1], module)}
    if not is_typeddict(annotation):
        return "leaf"
    names = annotation.__annotations__
    return {
        name: shape_of(getattr(value, "__forward_arg__", value), module)
        for name, value in names.items()
    }


def documented_shape(shape: Any) -> Any:
    if isinstance(shape, dict) and shape:
        return {name: documented_shape(inner) for name, inner in shape.items()}
    if isinstance(shape, list):
        return [documented_shape(shape[0])]
    return "leaf"
