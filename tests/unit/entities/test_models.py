"""The models against the catalogue: no entity and no field is left out, and types are as given."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

import bitrix_events
import bitrix_events.entities as entities
from bitrix_events.catalog.generate.entities import is_portals_own, outputs, snake_case
from bitrix_events.catalog.generate.entity_models import (
    NAMES,
    NESTED,
    OTHER_TYPES,
    TEXT_OF_ONE_LETTER,
)
from bitrix_events.catalog.generate.source import Source, read_source
from bitrix_events.entities import Entity, Multifield

SOURCE = read_source()
CATALOGUE: dict[str, Any] = SOURCE.fields["entities"]
MODELS: dict[str, type[Entity]] = {name: getattr(entities, name) for name in entities.names()}

SAMPLES: dict[str, tuple[Any, Any]] = {
    "integer": ("7", 7),
    "double": ("12.50", 12.5),
    "boolean": ("Y", True),
    "datetime": (
        "2024-08-30T14:29:00+02:00",
        datetime.fromisoformat("2024-08-30T14:29:00+02:00"),
    ),
    "date": ("2024-08-30T03:00:00+03:00", date(2024, 8, 30)),
    "text": (42, "42"),
    "object": ({"a": "1"}, {"a": "1"}),
    "array": (["1", {"a": 2}], ["1", {"a": 2}]),
    "integer|string": ("E5", "E5"),
    "any": ({"a": [1]}, {"a": [1]}),
}
"""A value on the wire, and what it is cast to."""
SAME_AS = {
    **dict.fromkeys(("string", "char", "enum", "crm_status", "crm_currency", "location"), "text"),
    **dict.fromkeys(("user", "crm_company", "crm_contact", "crm_lead", "crm_deal"), "integer"),
    **dict.fromkeys(("crm_quote", "crm_category", "crm_entity", "crm_dynamic_type"), "integer"),
    **dict.fromkeys(("datetime|date", "datetime|null"), "datetime"),
    **dict.fromkeys(("crm", "file", "product_file", "disk_file", "mail_message"), "any"),
    **dict.fromkeys(("attached_diskfile", "crm_status_extra", "recurring_params"), "any"),
    **dict.fromkeys(("object|array", "string|double|string[]|double[]"), "any"),
    **dict.fromkeys(("crm_enum_ownertype", "crm_enum_activitytype"), "integer"),
    **dict.fromkeys(("crm_enum_activitystatus", "crm_enum_activitypriority"), "integer"),
    **dict.fromkeys(("crm_enum_activitynotifytype", "crm_enum_contenttype"), "integer"),
    "crm_enum_activitydirection": "integer",
}
ELSEWHERE = {
    (entity, "entityTypeId"): "the class knows it: entity_type_id"
    for entity in CATALOGUE
    if entity.startswith("crm.item") and entity != "crm.item.productrow"
}
"""Fields of the catalogue that a model has no field for, and why."""


MORE_PRECISE = {
    *((entity, name) for entity in CATALOGUE for name in ("email", "phone")),
    *(("task:camel", field["name"]) for field in CATALOGUE["task:camel"]["fields"]),
    ("crm.productrow", "MEASURE_CODE"),
    ("crm.productrow", "PRICE_ACCOUNT"),
    ("crm.productrow", "QUANTITY"),
}
"""Fields to which another table or method of the same record gives a more precise type."""


def documented() -> Iterator[tuple[str, dict[str, Any]]]:
    for entity, record in CATALOGUE.items():
        yield from ((entity, field) for field in record["fields"])


def model_of(entity: str) -> type[Entity]:
    model: type[Entity] = getattr(entities, NAMES[entity])
    return model


def read(model: type[Entity], row: dict[str, Any]) -> Entity:
    """A record with an id and these fields."""
    has_id = any(name.lower() == "id" for name in row)
    return model.model_validate(row if has_id else {"id": "1", **row})


def test_every_entity_has_a_model() -> None:
    assert set(NAMES) == set(CATALOGUE)
    assert {*MODELS, "Multifield"} == set(NAMES.values())
    assert len(CATALOGUE) == 139


def test_every_field_is_read_by_the_model_of_its_entity() -> None:
    missing = [
        (entity, field["name"])
        for entity, field in documented()
        if not is_portals_own(field["name"])
        and (entity, field["name"]) not in ELSEWHERE
        and field["name"] in (read(model_of(entity), {field["name"]: "7"}).model_extra or {})
    ]

    assert missing == []


def test_what_portals_have_of_their_own_is_left_out_and_nothing_else() -> None:
    own = {field["name"] for _, field in documented() if is_portals_own(field["name"])}

    assert own == {
        *("PARENT_ID_...", "PARENT_ID_156", "PARENT_ID_xxx", "parentId..."),
        *("parentId1", "parentId1248", "parentId2"),
        *("UF_*", "UF_...", "UF_CRM_...", "UF_CRM_xxx", "ufCrm...", "UF_NEW_TASKS_FIELD"),
        *("UF_AUTO_152207278904", "UF_AUTO_291715100499", "UF_CRM_1687188367"),
        *("UF_CRM_1694526604", "UF_CRM_1707997209", "UF_CRM_1707997236", "UF_CRM_1707997253"),
        *("UF_CRM_64A29A1CD5CC2", "UF_CRM_6710EFCBAF22C"),
        *("propertyN", "property258", "property259", "fieldN"),
    }


def expectation(key: tuple[str, str], field: dict[str, Any], vendor: str) -> tuple[Any, Any]:
    """A value of this field on the wire, and what the model makes of it."""
    values = set(field.get("values") or ())
    is_flag = values == {"Y", "N"} or (
        vendor == "char" and not values and key not in TEXT_OF_ONE_LETTER
    )
    plain = "integer" if vendor.endswith(".id") else SAME_AS.get(vendor, vendor)
    if plain in NESTED or plain == "crm_multifield":
        model = getattr(entities, NESTED.get(plain, "Multifield"))
        given, cast = {"ID": "1"}, read(model, {"ID": "1"})
    else:
        given, cast = SAMPLES["boolean" if is_flag else plain]
    is_list = field.get("multiple") or field["type"].endswith("[]") or vendor == "crm_multifield"
    return ([given], [cast]) if is_list else (given, cast)


def test_every_field_has_the_type_of_the_catalogue() -> None:
    wrong = []
    for entity, field in documented():
        name, vendor = field["name"], field.get("type")
        key = (entity, name)
        if is_portals_own(name) or vendor is None:
            continue
        if key in OTHER_TYPES.keys() | ELSEWHERE.keys() | MORE_PRECISE:
            continue
        given, cast = expectation(key, field, vendor.removesuffix("[]"))
        found = read(model_of(entity), {name: given})[name]
        if (found, type(found)) != (cast, type(cast)):
            wrong.append((entity, name, vendor, found, cast))

    assert wrong == []


def test_the_exceptions_are_fields_of_the_catalogue() -> None:
    known = {(entity, field["name"]) for entity, field in documented()}

    assert OTHER_TYPES.keys() <= known
    assert known >= TEXT_OF_ONE_LETTER
    assert {entity for entity, _ in OTHER_TYPES} <= CATALOGUE.keys()


@pytest.mark.parametrize("name", sorted(MODELS))
def test_a_model_says_what_it_is(name: str) -> None:
    model = MODELS[name]

    assert model.__name__ == name
    assert model.kind
    assert model.__module__ == f"bitrix_events.generated.entities.{entities.names()[name]}"


def test_kinds_are_unique_save_for_the_two_interfaces_of_tasks() -> None:
    models: list[type[Entity]] = [*MODELS.values(), Multifield]
    kinds = sorted(model.kind for model in models)

    assert [kind for kind in set(kinds) if kinds.count(kind) > 1] == ["task"]


@pytest.mark.parametrize("name", sorted(MODELS))
def test_a_model_can_be_given_its_fields_by_name(name: str) -> None:
    model = MODELS[name]
    required = {name: 1 for name, field in model.model_fields.items() if field.is_required()}

    record = model(**required)

    assert set(required) <= {"id"}
    assert model.model_validate(record.model_dump(by_alias=True)) == record


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("STAGE_ID", "stage_id"),
        ("stageId", "stage_id"),
        ("id", "id"),
        ("ID", "id"),
        ("ADDRESS_2", "address_2"),
        ("id1c", "id1c"),
        ("gpsN", "gps_n"),
        ("IblockSection", "iblock_section"),
        ("descriptionInBbcode", "description_in_bbcode"),
        ("UF_HEAD", "uf_head"),
        ("ufCrmTask", "uf_crm_task"),
        ("class", "class_"),
        ("from", "from_"),
        ("LIST", "list_"),
        ("~DESCRIPTION", "raw_description"),
    ],
)
def test_names_of_attributes(spelling: str, name: str) -> None:
    assert snake_case(spelling) == name


def changed(entity: str, record: dict[str, Any] | None) -> Source:
    entities_ = {**CATALOGUE, entity: record}
    if record is None:
        del entities_[entity]
    return replace(SOURCE, fields={"entities": entities_})


def test_an_entity_that_the_table_does_not_know_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"crm\.unknown"):
        outputs(changed("crm.unknown", {"fields": []}))
    with pytest.raises(ValueError, match=r"crm\.enum"):
        outputs(changed("crm.enum", None))


def test_a_type_that_the_generator_does_not_know_is_an_error() -> None:
    record = {"fields": [{"name": "ID", "type": "integer"}, {"name": "X", "type": "novelty"}]}

    with pytest.raises(KeyError, match="novelty"):
        outputs(changed("crm.enum", record))


def test_a_field_that_would_hide_what_every_model_has_is_an_error() -> None:
    record = {"fields": [{"name": "KIND", "type": "string"}]}

    with pytest.raises(ValueError, match=r"EnumValue\.kind"):
        outputs(changed("crm.enum", record))


def test_a_reading_that_is_not_documented_is_an_error() -> None:
    classic = {k: v for k, v in SOURCE.methods["classic"].items() if k != "calendar.event.getbyid"}

    with pytest.raises(ValueError, match=r"calendar\.event\.getbyid is not documented"):
        outputs(replace(SOURCE, methods={**SOURCE.methods, "classic": classic}))


def test_a_reading_that_lacks_a_required_parameter_is_an_error() -> None:
    method = SOURCE.methods["classic"]["disk.file.get"]
    more = {**method, "params": [*method["params"], {"name": "new", "required": True}]}
    classic = {**SOURCE.methods["classic"], "disk.file.get": more}

    with pytest.raises(ValueError, match=r"disk\.file\.get requires new"):
        outputs(replace(SOURCE, methods={**SOURCE.methods, "classic": classic}))


def test_the_generated_files_are_what_the_catalogue_makes() -> None:
    package = Path(bitrix_events.__file__).parent

    assert {p: (package / p).read_text("utf-8") for p in outputs(SOURCE)} == outputs(SOURCE)
