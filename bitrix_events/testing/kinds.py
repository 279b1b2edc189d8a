"""The kinds of record that the fake portal has. Constants only.

Source: protocol.md 7.4.
"""

from __future__ import annotations

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
    crm_multifield="PHONE EMAIL WEB IM",
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
    {"CATEGORY_ID": 0, "OPPORTUNITY": 0.0, "OPENED": "Y", "CLOSED": "N"},
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
    {"STATUS_ID": "NEW", "OPPORTUNITY": 0.0, "OPENED": "Y"},
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
    | _as_types(crm_multifield="PHONE EMAIL WEB IM", char="IS_MY_COMPANY")
    | _BOOKKEEPING,
    {"OPENED": "Y", "IS_MY_COMPANY": "N"},
    entity_type_id=4,
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

# The kinds below raise no events.
TASK: Final = Kind(
    "task",
    "",
    (),
    _as_types(integer="ID PARENT_ID GROUP_ID", string="TITLE DESCRIPTION MARK PRIORITY STATUS")
    | _as_types(user="RESPONSIBLE_ID CREATED_BY CHANGED_BY")
    | _as_types(datetime="CREATED_DATE CHANGED_DATE CLOSED_DATE DEADLINE")
    | _as_types(datetime="START_DATE_PLAN END_DATE_PLAN"),
    {"GROUP_ID": 0, "PRIORITY": "1", "STATUS": "2"},
)
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
    "",
    (),
    _as_types(integer="ID ENTITY_TYPE_ID", string="TITLE CODE", user="CREATED_BY")
    | _as_types(char="IS_CATEGORIES_ENABLED IS_STAGES_ENABLED IS_AUTOMATION_ENABLED"),
    {"IS_CATEGORIES_ENABLED": "N", "IS_STAGES_ENABLED": "N", "IS_AUTOMATION_ENABLED": "N"},
)
PRODUCT: Final = Kind(
    "product",
    "",
    (),
    _as_types(integer="ID IBLOCK_ID IBLOCK_SECTION_ID SORT TYPE VAT_ID", string="NAME CODE XML_ID")
    | _as_types(char="ACTIVE AVAILABLE", double="QUANTITY PURCHASING_PRICE")
    | _as_types(crm_currency="PURCHASING_CURRENCY", datetime="TIMESTAMP_X"),
    {"IBLOCK_ID": 23, "SORT": 500, "TYPE": 1, "ACTIVE": "Y", "AVAILABLE": "Y"},
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
        *(DEAL, LEAD, CONTACT, COMPANY, TIMELINE_COMMENT, USER, ACTIVITY, CURRENCY, TASK),
        *(ELAPSED_ITEM, STATUS, ADDRESS, TYPE, PRODUCT, DEPARTMENT, DISK_OBJECT),
    )
}
ITEM_KINDS: Final = {kind.entity_type_id: kind for kind in KINDS.values() if kind.entity_type_id}


def kind_named(name: str) -> Kind:
    """The kind of this name; a name that is none is a LookupError."""
    if name not in KINDS:
        raise LookupError(f"the fake portal has no {name!r} records; it has {', '.join(KINDS)}")
    return KINDS[name]
