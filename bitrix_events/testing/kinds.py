"""The kinds of record that the fake portal has. Constants only.

Source: protocol.md 7.4.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from bitrix_events.testing.fields import Kind


def _as_types(**names_by_type: str) -> dict[str, str]:
    return {name: kind for kind, names in names_by_type.items() for name in names.split()}


_BOOKKEEPING: Final = _as_types(
    user="ASSIGNED_BY_ID CREATED_BY_ID MODIFY_BY_ID",
    datetime="DATE_CREATE DATE_MODIFY",
    char="OPENED",
    string="COMMENTS SOURCE_DESCRIPTION ORIGINATOR_ID ORIGIN_ID",
    crm_status="SOURCE_ID",
)
_MONEY: Final = _as_types(
    crm_currency="CURRENCY_ID", double="OPPORTUNITY", char="IS_MANUAL_OPPORTUNITY"
)
_PERSON: Final = _as_types(
    string="NAME SECOND_NAME LAST_NAME POST ADDRESS",
    crm_status="HONORIFIC",
    date="BIRTHDATE",
    crm_multifield="PHONE EMAIL WEB IM LINK",
)
_CHANGES: Final = ("ADD", "UPDATE", "DELETE")

DEAL: Final = Kind(
    "deal",
    "ONCRMDEAL",
    _CHANGES,
    _as_types(integer="ID", string="TITLE STAGE_SEMANTIC_ID", crm_status="TYPE_ID STAGE_ID")
    | _as_types(crm_category="CATEGORY_ID", integer="PROBABILITY", double="TAX_VALUE")
    | _MONEY
    | _as_types(crm_lead="LEAD_ID", crm_company="COMPANY_ID", crm_contact="CONTACT_ID")
    | _as_types(date="BEGINDATE CLOSEDATE", char="CLOSED", user="MOVED_BY_ID")
    | _as_types(datetime="MOVED_TIME")
    | _BOOKKEEPING,
    {
        "CATEGORY_ID": 0,
        "OPPORTUNITY": 0.0,
        "OPENED": "Y",
        "CLOSED": "N",
        "IS_MANUAL_OPPORTUNITY": "N",
    },
    entity_type_id=2,
)
LEAD: Final = Kind(
    "lead",
    "ONCRMLEAD",
    _CHANGES,
    _as_types(integer="ID", string="TITLE COMPANY_TITLE STATUS_SEMANTIC_ID", crm_status="STATUS_ID")
    | _MONEY
    | _PERSON
    | _as_types(crm_company="COMPANY_ID", crm_contact="CONTACT_ID", user="MOVED_BY_ID")
    | _as_types(datetime="MOVED_TIME DATE_CLOSED")
    | _BOOKKEEPING,
    {"STATUS_ID": "NEW", "OPPORTUNITY": 0.0, "OPENED": "Y", "IS_MANUAL_OPPORTUNITY": "N"},
    entity_type_id=1,
)
CONTACT: Final = Kind(
    "contact",
    "ONCRMCONTACT",
    _CHANGES,
    _as_types(integer="ID", crm_status="TYPE_ID", crm_company="COMPANY_ID", crm_lead="LEAD_ID")
    | _as_types(char="EXPORT")
    | _PERSON
    | _BOOKKEEPING,
    {"OPENED": "Y", "EXPORT": "Y"},
    entity_type_id=3,
)
COMPANY: Final = Kind(
    "company",
    "ONCRMCOMPANY",
    _CHANGES,
    _as_types(integer="ID", string="TITLE", crm_status="COMPANY_TYPE INDUSTRY EMPLOYEES")
    | _as_types(crm_currency="CURRENCY_ID", double="REVENUE", crm_lead="LEAD_ID")
    | _as_types(crm_multifield="PHONE EMAIL WEB IM LINK", char="IS_MY_COMPANY")
    | _BOOKKEEPING,
    {"OPENED": "Y", "IS_MY_COMPANY": "N"},
    entity_type_id=4,
)
QUOTE: Final = Kind(
    "quote",
    "ONCRMQUOTE",
    _CHANGES,
    _as_types(integer="ID PERSON_TYPE_ID", string="TITLE QUOTE_NUMBER CONTENT TERMS")
    | _as_types(crm_status="STATUS_ID", crm_lead="LEAD_ID", integer="DEAL_ID")
    | _as_types(crm_company="COMPANY_ID MYCOMPANY_ID", crm_contact="CONTACT_ID")
    | _as_types(string="CLIENT_TITLE CLIENT_ADDR CLIENT_CONTACT CLIENT_EMAIL CLIENT_PHONE")
    | _as_types(date="BEGINDATE CLOSEDATE ACTUAL_DATE", char="CLOSED", double="TAX_VALUE")
    | _MONEY
    | _BOOKKEEPING,
    {
        "STATUS_ID": "DRAFT",
        "OPPORTUNITY": 0.0,
        "OPENED": "Y",
        "CLOSED": "N",
        "IS_MANUAL_OPPORTUNITY": "N",
    },
    entity_type_id=7,
)
_ITEM_FIELDS: Final = (
    _as_types(integer="ID WEBFORM_ID", string="TITLE XML_ID", char="OPENED")
    | _as_types(datetime="CREATED_TIME UPDATED_TIME MOVED_TIME LAST_ACTIVITY_TIME")
    | _as_types(user="CREATED_BY UPDATED_BY MOVED_BY ASSIGNED_BY_ID LAST_ACTIVITY_BY")
    | _as_types(date="BEGINDATE CLOSEDATE", crm_category="CATEGORY_ID")
    | _as_types(crm_company="COMPANY_ID MYCOMPANY_ID", crm_contact="CONTACT_ID")
    | _as_types(crm_status="STAGE_ID PREVIOUS_STAGE_ID SOURCE_ID", string="SOURCE_DESCRIPTION")
    | _as_types(double="TAX_VALUE")
    | _MONEY
)
_ITEM_DEFAULTS: Final = {"OPENED": "Y", "OPPORTUNITY": 0.0, "IS_MANUAL_OPPORTUNITY": "N"}
SMART_INVOICE: Final = Kind(
    "smart_invoice",
    "ONCRMDYNAMICITEM",
    _CHANGES,
    _ITEM_FIELDS | _as_types(string="ACCOUNT_NUMBER COMMENTS"),
    _ITEM_DEFAULTS,
    entity_type_id=31,
    is_dynamic=True,
)
TIMELINE_COMMENT: Final = Kind(
    "timeline_comment",
    "ONCRMTIMELINECOMMENT",
    _CHANGES,
    _as_types(
        integer="ID ENTITY_ID", string="ENTITY_TYPE COMMENT", datetime="CREATED", user="AUTHOR_ID"
    ),
)
USER: Final = Kind(
    "user",
    "ONUSER",
    ("ADD",),
    # In the order of an ONUSERADD event (protocol.md 1.6).
    _as_types(integer="ID", boolean="ACTIVE", string="EMAIL NAME LAST_NAME PERSONAL_GENDER")
    | _as_types(text="PERSONAL_BIRTHDAY", list="UF_DEPARTMENT", datetime="DATE_REGISTER")
    | _as_types(string="WORK_POSITION", text="UF_EMPLOYMENT_DATE", char="ADMIN"),
    {"ACTIVE": True, "UF_DEPARTMENT": [1], "ADMIN": "N"},
)
ACTIVITY: Final = Kind(
    "activity",
    "ONCRMACTIVITY",
    _CHANGES,
    _as_types(integer="ID OWNER_ID OWNER_TYPE_ID TYPE_ID PRIORITY DIRECTION", string="PROVIDER_ID")
    | _as_types(string="SUBJECT DESCRIPTION LOCATION", char="COMPLETED")
    | _as_types(user="RESPONSIBLE_ID AUTHOR_ID EDITOR_ID")
    | _as_types(datetime="CREATED LAST_UPDATED START_TIME END_TIME DEADLINE"),
    {"COMPLETED": "N", "PRIORITY": 2, "DIRECTION": 0},
)
CURRENCY: Final = Kind(
    "currency",
    "ONCRMCURRENCY",
    _CHANGES,
    # The id is the fake's own: currencies are known by their codes, and it is never shown.
    _as_types(integer="ID AMOUNT_CNT SORT DECIMALS", string="CURRENCY LID FORMAT_STRING FULL_NAME")
    | _as_types(string="DEC_POINT THOUSANDS_SEP", double="AMOUNT", char="BASE"),
    {"AMOUNT_CNT": 1, "AMOUNT": 1.0, "SORT": 100, "BASE": "N", "DECIMALS": 2},
)

TASK: Final = Kind(
    "task",
    "ONTASK",
    _CHANGES,
    _as_types(integer="ID PARENT_ID GROUP_ID", string="TITLE DESCRIPTION MARK PRIORITY STATUS")
    | _as_types(user="RESPONSIBLE_ID CREATED_BY CHANGED_BY")
    | _as_types(datetime="CREATED_DATE CHANGED_DATE CLOSED_DATE DEADLINE")
    | _as_types(datetime="START_DATE_PLAN END_DATE_PLAN"),
    {"GROUP_ID": 0, "PRIORITY": "1", "STATUS": "2"},
)
# Most kinds below raise no events.
ELAPSED_ITEM: Final = Kind(
    "elapsed_item",
    "",
    (),
    _as_types(integer="ID TASK_ID", user="USER_ID", string="COMMENT_TEXT")
    | _as_types(integer="SECONDS MINUTES SOURCE", datetime="CREATED_DATE DATE_START DATE_STOP"),
    {"SECONDS": 0, "MINUTES": 0, "SOURCE": 2},
)
STATUS: Final = Kind(
    "status",
    "",
    (),
    _as_types(integer="ID", string="ENTITY_ID STATUS_ID NAME NAME_INIT", char="SYSTEM")
    | _as_types(integer="SORT CATEGORY_ID", string="COLOR SEMANTICS"),
    {"SORT": 10, "SYSTEM": "N"},
)
ADDRESS: Final = Kind(
    "address",
    "",
    (),
    # The id is the fake's own: addresses have none, and it is never shown.
    _as_types(integer="ID TYPE_ID ENTITY_TYPE_ID ENTITY_ID", string="ADDRESS_1 ADDRESS_2 CITY")
    | _as_types(string="POSTAL_CODE REGION PROVINCE COUNTRY COUNTRY_CODE"),
    {"TYPE_ID": 1, "ENTITY_TYPE_ID": 4},
)
TYPE: Final = Kind(
    "type",
    "ONCRMTYPE",
    _CHANGES,
    _as_types(integer="ID ENTITY_TYPE_ID", string="TITLE CODE", user="CREATED_BY")
    | _as_types(char="IS_CATEGORIES_ENABLED IS_STAGES_ENABLED IS_AUTOMATION_ENABLED"),
    {"IS_CATEGORIES_ENABLED": "N", "IS_STAGES_ENABLED": "N", "IS_AUTOMATION_ENABLED": "N"},
)
USERFIELD: Final = Kind(
    "userfield",
    # Its events are those of the kind that has the field.
    "",
    _CHANGES,
    _as_types(integer="ID SORT", string="ENTITY_ID FIELD_NAME USER_TYPE_ID XML_ID")
    | _as_types(char="MULTIPLE MANDATORY SHOW_FILTER SHOW_IN_LIST EDIT_IN_LIST IS_SEARCHABLE")
    | _as_types(list="EDIT_FORM_LABEL LIST_COLUMN_LABEL LIST_FILTER_LABEL LIST SETTINGS"),
    {
        "SORT": 100,
        "MULTIPLE": "N",
        "MANDATORY": "N",
        "SHOW_FILTER": "N",
        "SHOW_IN_LIST": "Y",
        "EDIT_IN_LIST": "Y",
        "IS_SEARCHABLE": "N",
    },
)
CATEGORY: Final = Kind(
    "category",
    "",
    (),
    _as_types(integer="ID ENTITY_TYPE_ID SORT", string="NAME ORIGIN_ID ORIGINATOR_ID")
    | _as_types(char="IS_DEFAULT"),
    {"SORT": 500, "IS_DEFAULT": "N"},
)
PRODUCT: Final = Kind(
    "product",
    "CATALOG.PRODUCT.ON.",
    _CHANGES,
    _as_types(integer="ID IBLOCK_ID IBLOCK_SECTION_ID SORT TYPE VAT_ID", string="NAME CODE XML_ID")
    | _as_types(char="ACTIVE AVAILABLE", double="QUANTITY PURCHASING_PRICE")
    | _as_types(crm_currency="PURCHASING_CURRENCY", datetime="TIMESTAMP_X")
    | _as_types(double="PRICE", crm_currency="CURRENCY_ID", integer="MEASURE")
    | _as_types(string="DESCRIPTION", char="VAT_INCLUDED", datetime="DATE_CREATE"),
    {"IBLOCK_ID": 23, "SORT": 500, "TYPE": 1, "ACTIVE": "Y", "AVAILABLE": "Y"},
)
PRODUCT_ROW: Final = Kind(
    "product_row",
    "",
    (),
    _as_types(integer="ID OWNER_ID PRODUCT_ID SORT TYPE STORE_ID", string="OWNER_TYPE PRODUCT_NAME")
    | _as_types(double="PRICE PRICE_EXCLUSIVE PRICE_NETTO PRICE_BRUTTO QUANTITY")
    | _as_types(integer="DISCOUNT_TYPE_ID MEASURE_CODE", double="DISCOUNT_RATE DISCOUNT_SUM")
    | _as_types(double="TAX_RATE", char="TAX_INCLUDED CUSTOMIZED", string="MEASURE_NAME XML_ID"),
    {
        "PRODUCT_ID": 0,
        "PRICE": 0.0,
        "QUANTITY": 1.0,
        "DISCOUNT_TYPE_ID": 2,
        "DISCOUNT_RATE": 0.0,
        "DISCOUNT_SUM": 0.0,
        "TAX_INCLUDED": "N",
        "CUSTOMIZED": "Y",
        "SORT": 10,
        "TYPE": 1,
    },
)
DEPARTMENT: Final = Kind(
    "department",
    "",
    (),
    _as_types(integer="ID", string="NAME") | _as_types(integer="SORT PARENT", user="UF_HEAD"),
    {"SORT": 500},
)
DISK_OBJECT: Final = Kind(
    "disk_object",
    "",
    (),
    _as_types(integer="ID", string="NAME CODE TYPE")
    | _as_types(integer="STORAGE_ID PARENT_ID SIZE", user="CREATED_BY UPDATED_BY")
    | _as_types(datetime="CREATE_TIME UPDATE_TIME"),
    {"TYPE": "file", "STORAGE_ID": 1, "PARENT_ID": 1},
)

KINDS: Final = {
    kind.name: kind
    for kind in (
        *(
            DEAL,
            LEAD,
            CONTACT,
            COMPANY,
            QUOTE,
            SMART_INVOICE,
            CATEGORY,
            TIMELINE_COMMENT,
            USER,
            ACTIVITY,
            CURRENCY,
            TASK,
        ),
        *(
            ELAPSED_ITEM,
            STATUS,
            ADDRESS,
            TYPE,
            PRODUCT,
            DEPARTMENT,
            DISK_OBJECT,
            PRODUCT_ROW,
            USERFIELD,
        ),
    )
}
ITEM_KINDS: Final = {kind.entity_type_id: kind for kind in KINDS.values() if kind.entity_type_id}


_DYNAMIC_NAME: Final = re.compile(r"dynamic_(\d+)")


@cache
def dynamic_kind(entity_type_id: int) -> Kind:
    """The items of the smart process with this number: ``dynamic_147``."""
    return Kind(
        f"dynamic_{entity_type_id}",
        "ONCRMDYNAMICITEM",
        _CHANGES,
        _ITEM_FIELDS,
        _ITEM_DEFAULTS,
        entity_type_id=entity_type_id,
        is_dynamic=True,
    )


def kind_named(name: str) -> Kind:
    """The kind of this name; a name that is none is a LookupError."""
    dynamic = _DYNAMIC_NAME.fullmatch(name)
    if dynamic is not None:
        return dynamic_kind(int(dynamic[1]))
    if name not in KINDS:
        known = ", ".join([*KINDS, "dynamic_147 (items of the smart process 147)"])
        raise LookupError(f"the fake portal has no {name!r} records; it has {known}")
    return KINDS[name]
