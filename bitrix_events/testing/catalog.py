"""Which event codes a portal knows, by scope, and which tokens an event carries. Constants only.

Source: protocol.md 1.5, 1.6 and 1.8.
"""

from __future__ import annotations

from typing import Final

_ADD_UPDATE_DELETE: Final = ("ADD", "UPDATE", "DELETE")


def _changes_of(*stems: str) -> frozenset[str]:
    return frozenset(stem + action for stem in stems for action in _ADD_UPDATE_DELETE)


_HAVE_USER_FIELDS: Final = ("LEAD", "DEAL", "CONTACT", "COMPANY", "QUOTE", "REQUISITE", "TYPE")
_CRM_STEMS: Final = [
    f"ONCRM{name}"
    for name in (
        *_HAVE_USER_FIELDS,
        *("CURRENCY", "ACTIVITY", "BANKDETAIL", "DEALRECURRING", "DYNAMICITEM"),
        *("TIMELINECOMMENT", "DOCUMENTGENERATORDOCUMENT"),
        *("PRODUCT", "PRODUCTSECTION", "PRODUCTPROPERTY", "MEASURE", "INVOICE", "INVOICERECURRING"),
    )
]
_USER_FIELD_STEMS: Final = [f"ONCRM{name}USERFIELD" for name in (*_HAVE_USER_FIELDS, "INVOICE")]
_CATALOG_STEMS: Final = [
    f"CATALOG.{name}.ON." for name in ("PRODUCT", "PRICE", "PRICE.TYPE", "MEASURE", "ROUNDING")
]
_SALE_STEMS: Final = ("ONORDER", "ONPAYMENT", "ONSHIPMENT", "ONPROPERTYVALUE")
_HCMLINK: Final = "ONHUMANRESOURCESHCMLINK"

LIFECYCLE: Final = frozenset(
    f"ONAPP{name}"
    for name in ("INSTALL", "UPDATE", "UNINSTALL", "PAYMENT", "METHODCONFIRM", "TEST", "USERREADY")
) | {"ONSUBSCRIPTIONRENEW", "ONOFFLINEEVENT"}
"""Known to every app, whatever its scopes."""

BY_SCOPE: Final = {
    "crm": _changes_of(*_CRM_STEMS, *_USER_FIELD_STEMS)
    | {f"{stem}SETENUMVALUES" for stem in _USER_FIELD_STEMS}
    | {"ONCRMDEALMOVETOCATEGORY", "ONCRMDEALRECURRINGEXPOSE", "ONCRMTIMELINEITEMACTION"}
    | {"ONCRMINVOICESETSTATUS", "ONCRMINVOICERECURRINGEXPOSE"}
    | {"ONCRMADDRESSREGISTER", "ONCRMADDRESSUNREGISTER"},
    "user": frozenset({"ONUSERADD"}),
    "task": _changes_of("ONTASK", "ONTASKCOMMENT"),
    "calendar": _changes_of("ONCALENDARENTRY", "ONCALENDARSECTION"),
    "booking": _changes_of(
        *("ONBOOKING", "ONBOOKINGRESOURCE", "ONBOOKINGRESOURCETYPE", "ONBOOKINGWAITLISTITEM")
    ),
    "sale": frozenset(
        f"{stem}{what}" for stem in _SALE_STEMS for what in ("ENTITYSAVED", "DELETED")
    )
    | {"ONSALEORDERSAVED", "ONSALEBEFOREORDERDELETE"},
    "catalog": _changes_of(*_CATALOG_STEMS),
    "sonet_group": _changes_of("ONSONETGROUP", "ONSONETGROUPSUBJECT"),
    "log": _changes_of("ONLIVEFEEDPOST"),
    "sign.b2e": frozenset(
        {"ONSIGNB2EDOCUMENTSTATUSCHANGED", "ONSIGNB2EMEMBERSTATUSCHANGED"}
        | {"ONSIGNHCMLINKB2EDOCUMENTSIGNED"}
    ),
    "humanresources.hcmlink": frozenset(
        {f"{_HCMLINK}EMPLOYEELIST{what}" for what in ("MAPPED", "REQUESTED")}
        | {f"{_HCMLINK}{what}REQUESTED" for what in ("FIELDVALUE", "PIN", "SALARYVACATION")}
    ),
    "telephony": frozenset(
        {"ONVOXIMPLANTCALLINIT", "ONVOXIMPLANTCALLSTART", "ONVOXIMPLANTCALLEND"}
        | {"ONEXTERNALCALLSTART", "ONEXTERNALCALLBACKSTART"}
    ),
    "imopenlines": _changes_of("ONOPENLINEMESSAGE") | {"ONSESSIONSTART", "ONSESSIONFINISH"},
    "imconnector": _changes_of("ONIMCONNECTORMESSAGE")
    | {"ONIMCONNECTORDIALOGSTART", "ONIMCONNECTORDIALOGFINISH"}
    | {"ONIMCONNECTORSTATUSDELETE", "ONIMCONNECTORLINEDELETE"},
    "im": _changes_of("ONIMV2MESSAGE") | {"ONIMV2JOINCHAT", "ONIMV2REACTIONCHANGE"},
    "imbot": _changes_of("ONIMBOTMESSAGE", "ONIMBOTV2MESSAGE")
    | {"ONIMBOTJOINCHAT", "ONIMCOMMANDADD", "ONIMBOTDELETE"}
    | {f"ONIMBOTV2{what}" for what in ("JOINCHAT", "DELETE", "REACTIONCHANGE")}
    | {"ONIMBOTV2COMMANDADD", "ONIMBOTV2CONTEXTGET"},
}

WITHOUT_TOKENS: Final = frozenset({"ONAPPUNINSTALL", "ONAPPMETHODCONFIRM", "ONAPPPAYMENT"})
"""Events whose declaration switches the authorisation off, or whose documentation shows none."""

WITH_REFRESH_TOKEN: Final = _changes_of(
    "ONCALENDARENTRY", "ONCALENDARSECTION", "ONIMBOTMESSAGE", "ONIMBOTV2MESSAGE"
) | {
    "ONAPPINSTALL",
    "ONAPPUPDATE",
    "ONAPPTEST",
    "ONSUBSCRIPTIONRENEW",
    "ONOFFLINEEVENT",
    "ONIMCOMMANDADD",
    "ONIMBOTV2COMMANDADD",
    "ONIMBOTV2CONTEXTGET",
    "ONIMBOTV2REACTIONCHANGE",
}
"""Events whose declaration leaves the refresh token in."""


def events_of(scopes: set[str] | None = None) -> list[str]:
    """The codes that an app with these scopes can bind; all codes without scopes given."""
    families = [codes for scope, codes in BY_SCOPE.items() if scopes is None or scope in scopes]
    return sorted(LIFECYCLE.union(*families))


def is_known(code: str, scopes: set[str]) -> bool:
    """Whether an app with these scopes can bind an event.

    A smart process has codes of its own, with its number: ``ONCRMDYNAMICITEMADD_147``.
    """
    stem, _, number = code.partition("_")
    return (stem if number.isdigit() else code) in events_of(scopes)
