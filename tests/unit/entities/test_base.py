"""What all models of records share: spellings, casts, and what does not fit."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar

import pytest
from pydantic import Field, ValidationError, field_validator

from bitrix_events.entities import (
    CalendarEvent,
    Company,
    Contact,
    Currency,
    Deal,
    Entity,
    Item,
    Lead,
    Money,
    Multifield,
    Order,
    ProductRow,
    Quote,
    SmartInvoice,
    Task,
)


def test_a_deal_of_the_universal_methods_is_cast() -> None:
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
            "contactIds": ["1", "2"],
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
    assert deal.contact_ids == [1, 2]
    assert deal.model_extra == {}


def test_a_deal_of_the_classic_methods_is_the_same_deal() -> None:
    classic = Deal.model_validate(
        {
            "ID": "7",
            "TITLE": "A",
            "STAGE_ID": "NEW",
            "OPPORTUNITY": "12.50",
            "CLOSED": "Y",
            "BEGINDATE": "2024-08-30T03:00:00+03:00",
            "ASSIGNED_BY_ID": "1",
            "CREATED_BY_ID": "2",
            "MODIFY_BY_ID": "3",
            "MOVED_BY_ID": "4",
            "DATE_CREATE": "2024-08-30T03:00:00+03:00",
            "DATE_MODIFY": "2024-08-31T03:00:00+03:00",
        }
    )
    universal = Deal.model_validate(
        {
            "id": 7,
            "title": "A",
            "stageId": "NEW",
            "opportunity": 12.5,
            "closed": "Y",
            "begindate": "2024-08-30T03:00:00+03:00",
            "assignedById": 1,
            "createdBy": 2,
            "updatedBy": 3,
            "movedBy": 4,
            "createdTime": "2024-08-30T03:00:00+03:00",
            "updatedTime": "2024-08-31T03:00:00+03:00",
        }
    )

    assert classic == universal
    assert (classic.created_by, classic.updated_by, classic.moved_by) == (2, 3, 4)


def test_stages_and_types_have_one_name_each() -> None:
    lead = Lead.model_validate({"ID": "1", "STATUS_ID": "NEW", "STATUS_SEMANTIC_ID": "P"})

    assert (lead.stage_id, lead.stage_semantic_id) == ("NEW", "P")
    assert Quote.model_validate({"ID": "1", "STATUS_ID": "DRAFT"}).stage_id == "DRAFT"
    assert Company.model_validate({"ID": "1", "COMPANY_TYPE": "CUSTOMER"}).type_id == "CUSTOMER"
    assert Company.model_validate({"id": "1", "typeId": "CUSTOMER"}).type_id == "CUSTOMER"


def test_a_task_is_read_in_both_spellings() -> None:
    upper = Task.model_validate({"ID": "5", "CREATED_BY": "1", "IS_MUTED": "Y", "STATUS": "2"})
    camel = Task.model_validate({"id": "5", "createdBy": "1", "isMuted": "Y", "status": 2})

    assert upper == camel
    assert (camel.created_by, camel.is_muted, camel.status) == (1, True, "2")


def test_fields_have_python_names_too() -> None:
    assert Deal.model_validate({"id": 1, "stage_id": "NEW"}).stage_id == "NEW"
    assert Deal(id=1, stage_id="NEW")["STAGE_ID"] == "NEW"


def test_a_field_that_came_twice_is_read_from_its_own_name_and_the_other_is_kept() -> None:
    deal = Deal.model_validate({"TITLE": "a", "title": "b", "ID": 7, "id": 8, "Title": "c"})

    assert (deal.title, deal.id) == ("b", 8)
    assert deal.model_extra == {"TITLE": "a", "ID": 7, "Title": "c"}
    assert (deal["TITLE"], deal["title"]) == ("a", "b")


@pytest.mark.parametrize("empty", ["", None, []])
def test_an_empty_value_holds_its_field_against_a_second_spelling(empty: object) -> None:
    for _ in range(2):  # the second time it is known that the field does not take it
        deal = Deal.model_validate({"id": 1, "Probability": empty, "PROBABILITY": "70"})

        assert (deal.probability, deal["PROBABILITY"]) == (0, "70")


def test_words_of_python_get_an_underscore() -> None:
    event = CalendarEvent.model_validate({"ID": "3", "from": "2024-08-30", "NAME": "Meeting"})

    assert (event.id, event.from_, event.name) == (3, datetime(2024, 8, 30), "Meeting")


def test_raw_texts_of_the_calendar_are_fields_of_their_own() -> None:
    event = CalendarEvent.model_validate({"ID": "3", "DESCRIPTION": "<b>", "~DESCRIPTION": "[b]"})

    assert (event.description, event.raw_description) == ("<b>", "[b]")


@pytest.mark.parametrize(
    ("value", "flag"),
    [
        ("Y", True),
        ("N", False),
        ("", False),
        (None, False),
        (True, True),
        (1, True),
        ("0", False),
        ("1", True),
    ],
)
def test_flags_are_yes_or_no(value: object, flag: bool) -> None:
    assert Company.model_validate({"id": 1, "isMyCompany": value}).is_my_company is flag


@pytest.mark.parametrize(
    ("value", "amount"),
    [("", 0.0), (None, 0.0), (False, 0.0), ("0.00", 0.0), ("12.5", 12.5), (120, 120.0), ("-1", -1)],
)
def test_amounts_are_numbers(value: object, amount: float) -> None:
    assert Lead.model_validate({"id": 1, "opportunity": value}).opportunity == amount
    assert Company.model_validate({"id": 1, "REVENUE": value}).revenue == amount


@pytest.mark.parametrize(
    ("value", "day"),
    [
        ("2024-08-30", date(2024, 8, 30)),
        ("2024-08-30T00:00:00+02:00", date(2024, 8, 30)),
        # as crm.item.get answers: midnight of the server in the time zone of the user
        ("2024-08-30T02:00:00+02:00", date(2024, 8, 30)),
        ("2024-08-30T03:00:00+03:00", date(2024, 8, 30)),
        ("2024-08-30 00:00:00", date(2024, 8, 30)),
        ("30.08.2024", date(2024, 8, 30)),
        ("30.08.2024 23:59:59", date(2024, 8, 30)),
        (date(2024, 8, 30), date(2024, 8, 30)),
        (datetime(2024, 8, 30, 12), date(2024, 8, 30)),
        ("", None),
        ("0000-00-00", None),
        (None, None),
        (False, None),
    ],
)
def test_days_are_dates_or_none(value: object, day: date | None) -> None:
    deal = Deal.model_validate({"id": 1, "begindate": value, "CLOSEDATE": value})

    assert (deal.begindate, deal.closedate) == (day, day)
    assert type(deal.begindate) is type(day)


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("2024-08-30T14:29:00+02:00", datetime(2024, 8, 30, 12, 29, tzinfo=UTC)),
        ("2024-08-30T12:29:00Z", datetime(2024, 8, 30, 12, 29, tzinfo=UTC)),
        ("2024-08-30 14:29:00", datetime(2024, 8, 30, 14, 29)),
        ("30.08.2024 14:29:00", datetime(2024, 8, 30, 14, 29)),
        ("30.08.2024", datetime(2024, 8, 30)),
        (datetime(2024, 8, 30), datetime(2024, 8, 30)),
        ("0000-00-00 00:00:00", None),
        ("", None),
    ],
)
def test_moments_are_aware_if_the_portal_sent_a_zone(
    value: object, moment: datetime | None
) -> None:
    assert Deal.model_validate({"id": 1, "DATE_CREATE": value}).created_time == moment


def test_numbers_become_text_where_text_is_expected() -> None:
    contact = Contact.model_validate({"id": 1, "name": 42, "lastName": None, "post": False})

    assert (contact.name, contact.last_name, contact.post) == ("42", "", "")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("opportunity", "abc"),
        ("opportunity", "1e999"),
        ("opportunity", "nan"),
        ("opportunity", ["1"]),
        ("stageId", {"a": 1}),
        ("stageId", True),
        ("closed", "maybe"),
        ("closed", 7),
        ("categoryId", "12.50"),
        ("categoryId", "9" * 5000),
        ("begindate", "2024-13-45"),
        ("begindate", "2024-08-30T99:99"),
        ("begindate", "31.12.2024 99:99:99"),
        ("begindate", 20240830),
        ("createdTime", "yesterday"),
        ("createdTime", "12/08/2024 10:00:00 am"),
        ("createdTime", 1_725_000_000),
        ("createdTime", "-0001-11-30T00:00:00+02:30"),
        ("contactIds", "1"),
        ("contactIds", ["1", "x"]),
    ],
)
def test_what_does_not_fit_is_kept_as_it_came(field: str, value: object) -> None:
    deal = Deal.model_validate({"id": 1, field: value})

    assert deal[field] == value
    assert type(deal[field]) is type(value)


@pytest.mark.parametrize("empty", ["", None, False, [], {}])
def test_an_empty_value_is_the_default_of_its_field(empty: object) -> None:
    # PHP writes an empty list, an empty mapping and no value in many ways.
    row = {"id": 1, "contactIds": empty, "probability": empty, "createdTime": empty}
    deal = Deal.model_validate(row)
    order = Order.model_validate({"id": 1, "basketItems": empty})

    assert (deal.contact_ids, deal.probability, deal.created_time) == ([], 0, None)
    assert order.basket_items == []


def test_defaults_are_not_shared() -> None:
    Deal(id=1).contact_ids.append(5)

    assert Deal(id=2).contact_ids == []


@pytest.mark.parametrize("entity", [Lead, Deal, Contact, Company, Quote, Item, Task, Order])
def test_a_record_needs_only_its_id(entity: type[Entity]) -> None:
    assert entity.model_validate({"ID": "7"})["id"] == 7


@pytest.mark.parametrize(
    "value", [{}, {"id": ""}, {"id": "seven"}, {"id": None}, {"id": [7]}, None, "7", [], [7]]
)
def test_a_record_without_an_id_is_refused(value: object) -> None:
    with pytest.raises(ValidationError):
        Deal.model_validate(value)


def test_a_record_that_is_known_by_no_number_needs_none() -> None:
    euro = Currency.model_validate({"CURRENCY": "EUR", "AMOUNT": "1.0000", "BASE": "Y"})

    assert (euro.currency, euro.amount, euro.base) == ("EUR", 1.0, True)


# Fields that the model does not name.


def test_other_fields_are_kept_as_they_came_and_found_in_any_spelling() -> None:
    deal = Deal.model_validate({"id": 1, "UF_CRM_1712": ["a", "b"], "parentId147": "12"})

    assert deal["UF_CRM_1712"] == deal["ufCrm_1712"] == deal["ufCrm1712"] == ["a", "b"]
    assert deal["PARENT_ID_147"] == "12"
    assert deal.model_extra == {"UF_CRM_1712": ["a", "b"], "parentId147": "12"}
    with pytest.raises(KeyError, match="UF_CRM_OTHER"):
        deal["UF_CRM_OTHER"]


def test_numbers_in_names_of_user_fields_are_told_apart() -> None:
    item = Item.model_validate({"id": 1, "ufCrm1_2": "a", "ufCrm12": "b"})

    assert (item["UF_CRM_1_2"], item["UF_CRM_12"]) == ("a", "b")


class Flat(Deal):
    area: float = Field(0, alias="UF_CRM_1712")
    rooms: int | None = Field(None, alias="UF_CRM_1713")
    budget: Money | None = Field(None, alias="UF_CRM_BUDGET")
    is_new_building: bool = Field(False, validation_alias="UF_CRM_NEW")
    tags: list[str] = Field(default_factory=list, alias="UF_CRM_TAGS")


@pytest.mark.parametrize("name", ["UF_CRM_1712", "ufCrm1712", "ufCrm_1712", "area"])
def test_a_user_field_gets_a_type_in_a_subclass_and_is_read_in_both_spellings(name: str) -> None:
    flat = Flat.model_validate({"id": 1, "TITLE": "A", name: "54.5"})

    assert (flat.area, flat.rooms, flat.title) == (54.5, None, "A")
    assert flat["UF_CRM_1712"] == flat["ufCrm1712"] == 54.5
    assert flat.model_extra == {}
    assert (Flat.kind, Flat.entity_type_id) == ("deal", 2)


def test_user_fields_are_as_patient_as_the_others() -> None:
    flat = Flat.model_validate(
        {"id": 1, "UF_CRM_1712": "", "ufCrm1713": "many", "ufCrmNew": "Y", "UF_CRM_TAGS": False}
    )

    assert (flat.area, flat.is_new_building, flat.tags) == (0, True, [])
    assert flat["UF_CRM_1713"] == "many"


def test_money_is_an_amount_and_a_currency() -> None:
    flat = Flat.model_validate({"id": 1, "ufCrmBudget": "1500.50|EUR"})

    assert flat.budget == Money(1500.5, "EUR")
    assert str(flat.budget) == "1500.5|EUR"
    assert Flat.model_validate({"id": 1, "UF_CRM_BUDGET": ""}).budget is None
    for odd in ("1500.50", "|", "a|EUR", "1|", 5):
        assert Flat.model_validate({"id": 1, "UF_CRM_BUDGET": odd})["UF_CRM_BUDGET"] == odd


def test_a_model_may_have_several_amounts_of_money() -> None:
    class Offer(Deal):
        budget: Money | None = Field(None, alias="UF_CRM_BUDGET")
        parts: list[Money] = Field(default_factory=list, alias="UF_CRM_PARTS")
        rest: Money | None = Field(None, alias="UF_CRM_REST")

    money = ["1.00|EUR", "2|USD"]
    offer = Offer.model_validate(
        {"id": 1, "UF_CRM_BUDGET": "3|EUR", "UF_CRM_PARTS": money, "UF_CRM_REST": "4|EUR"}
    )

    assert (offer.budget, offer.rest) == (Money(3, "EUR"), Money(4, "EUR"))
    assert offer.parts == [Money(1, "EUR"), Money(2, "USD")]


class Strict(Deal):
    house: int = Field(alias="UF_CRM_HOUSE")

    @field_validator("house")
    @classmethod
    def _is_positive(cls, value: int) -> int:
        if value <= 0:
            raise ValueError("a house number is positive")
        return value


@pytest.mark.parametrize(
    "fields", [{}, {"UF_CRM_HOUSE": ""}, {"UF_CRM_HOUSE": "x"}, {"UF_CRM_HOUSE": "-1"}]
)
def test_a_user_field_without_a_default_has_to_be_there_and_to_fit(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Strict.model_validate({"id": 1, **fields})

    assert Strict.model_validate({"id": 1, "ufCrmHouse": "7"}).house == 7


def test_the_error_names_the_field_without_which_there_is_no_record() -> None:
    with pytest.raises(ValidationError) as caught:
        Strict.model_validate({"id": 1, "opportunity": "much", "contactIds": 5})

    assert [problem["loc"] for problem in caught.value.errors()] == [("UF_CRM_HOUSE",)]


class Careful(Deal):
    floor: int = Field(0, alias="UF_CRM_FLOOR")

    @field_validator("floor")
    @classmethod
    def _is_low(cls, value: int) -> int:
        if value > 99:
            raise ValueError("no house is so high")
        return value


def test_what_a_validator_of_a_field_with_a_default_refuses_is_kept() -> None:
    assert Careful.model_validate({"id": 1, "UF_CRM_FLOOR": "12"}).floor == 12
    assert Careful.model_validate({"id": 1, "UF_CRM_FLOOR": "100"})["UF_CRM_FLOOR"] == "100"


def test_empty_values_are_the_default_each_time() -> None:
    # The second time it is known that the field does not take them.
    for empty in ("", None, "", None):
        deal = Deal.model_validate({"ID": "1", "PROBABILITY": empty, "UF_CRM_1": empty})

        assert deal.probability == 0
        assert deal["UF_CRM_1"] == empty
    assert Deal.model_validate({"ID": "1", "PROBABILITY": 0}).model_fields_set == {
        "id",
        "probability",
    }


# Values with a structure.


def test_phone_numbers_of_the_classic_methods() -> None:
    contact = Contact.model_validate(
        {
            "ID": "1",
            "PHONE": [
                {"ID": "3", "VALUE_TYPE": "WORK", "VALUE": "+49 30 1", "TYPE_ID": "PHONE"},
                {"ID": "4", "VALUE_TYPE": "MOBILE", "VALUE": "+49 30 2", "TYPE_ID": "PHONE"},
            ],
            "EMAIL": [{"ID": "5", "VALUE_TYPE": "HOME", "VALUE": "a@b.c", "TYPE_ID": "EMAIL"}],
        }
    )

    assert contact.phone[0] == Multifield(
        id=3, type_id="PHONE", value_type="WORK", value="+49 30 1"
    )
    assert contact.phones == ["+49 30 1", "+49 30 2"]
    assert contact.emails == ["a@b.c"]


def test_phone_numbers_of_the_universal_methods() -> None:
    company = Company.model_validate(
        {
            "id": 1,
            "fm": [
                {"id": 3, "typeId": "PHONE", "valueType": "WORK", "value": "+49 30 1"},
                {"id": 4, "typeId": "EMAIL", "valueType": "WORK", "value": "a@b.c"},
            ],
        }
    )

    assert (company.phones, company.emails) == (["+49 30 1"], ["a@b.c"])
    assert company.phone == [Multifield(id=3, type_id="PHONE", value_type="WORK", value="+49 30 1")]
    assert (company.web, company.model_fields_set) == ([], {"id", "fm"})


def test_phone_numbers_that_are_no_list_are_kept_and_not_listed() -> None:
    lead = Lead.model_validate({"id": 1, "phone": "+49 30 1", "fm": "?"})

    assert lead["phone"] == "+49 30 1"
    assert (lead.phones, lead.emails) == ([], [])


def test_records_inside_a_record_are_models_too() -> None:
    order = Order.model_validate(
        {
            "id": "5",
            "price": "99.90",
            "payed": "Y",
            "basketItems": [{"id": "1", "quantity": "2.0000", "name": "Chair"}],
        }
    )
    euro = Currency.model_validate({"CURRENCY": "EUR", "LANG": {"de": {"DECIMALS": "2"}}})

    assert (order.price, order.payed) == (99.9, True)
    assert (order.basket_items[0].quantity, order.basket_items[0].name) == (2.0, "Chair")
    assert euro.lang["de"].decimals == 2


# Out again.


def test_a_record_survives_being_dumped_and_read_again() -> None:
    row = {
        "id": 1,
        "ufCrm1712": "54.5",
        "UF_CRM_BUDGET": "100|EUR",
        "begindate": "2024-08-30",
        "createdTime": "2024-08-30T14:29:00+02:00",
        "contactIds": [1, 2],
        "closed": "Y",
        "UF_OTHER": "x",
    }
    flat = Flat.model_validate(row)

    assert Flat.model_validate(flat.model_dump()) == flat
    assert Flat.model_validate(flat.model_dump(by_alias=True)) == flat
    assert Flat.model_validate_json(flat.model_dump_json()) == flat


def test_aliases_are_the_names_of_the_universal_methods() -> None:
    dumped = Deal(id=1, stage_id="NEW").model_dump(by_alias=True, exclude_defaults=True)

    assert dumped == {"id": 1, "stageId": "NEW"}


def test_a_model_has_a_json_schema() -> None:
    properties = Deal.model_json_schema()["properties"]

    assert properties["opportunity"]["type"] == "number"
    assert {"format": "date", "type": "string"} in properties["begindate"]["anyOf"]


@pytest.mark.parametrize(
    ("entity", "kind", "entity_type_id"),
    [
        (Lead, "lead", 1),
        (Deal, "deal", 2),
        (Contact, "contact", 3),
        (Company, "company", 4),
        (Quote, "quote", 7),
        (SmartInvoice, "smart_invoice", 31),
        (Item, "item", 0),
    ],
)
def test_records_have_the_vendors_type_ids(
    entity: type[Any], kind: str, entity_type_id: int
) -> None:
    assert (entity.kind, entity.entity_type_id) == (kind, entity_type_id)


class Machine(Item):
    entity_type_id: ClassVar[int] = 147

    power: int = Field(0, alias="UF_CRM_4_POWER")


def test_a_type_of_the_portal_is_a_subclass_of_item() -> None:
    machine = Machine.model_validate({"id": 1, "entityTypeId": 147, "ufCrm4Power": "80"})

    assert (machine.power, machine["entityTypeId"], Machine.entity_type_id) == (80, 147, 147)


def test_a_row_has_the_names_of_both_methods() -> None:
    row = ProductRow.model_validate({"ID": "1", "PRICE_EXCLUSIVE": "9.5", "TAX_INCLUDED": "N"})

    assert (row.price_exclusive, row.tax_included) == (9.5, False)
