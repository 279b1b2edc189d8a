# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.
"""Events of the scope ``sign.b2e``."""

from __future__ import annotations

from typing import TypedDict

from bitrix_events.events.base import NamedEvent, NumberedEvent


class SignB2eDocumentStatusChangedData(TypedDict):
    documentUid: str
    companyUid: str
    statusCode: str
    statusName: str


class SignB2eMemberStatusChangedData(TypedDict):
    memberUid: str
    documentUid: str
    companyUid: str
    statusCode: str
    statusName: str


class SignHcmLinkB2eDocumentSignedData(TypedDict):
    id: str
    company: str


class OnSignB2eDocumentStatusChanged(NamedEvent):
    """Id in ``documentUid``."""

    scope = "sign.b2e"
    entity_name = "sign.b2e.document"
    id_paths = ("documentUid",)
    in_webhooks = False

    data: SignB2eDocumentStatusChangedData


class OnSignB2eMemberStatusChanged(NamedEvent):
    """Id in ``memberUid``."""

    scope = "sign.b2e"
    entity_name = "sign.b2e.member"
    id_paths = ("memberUid",)
    in_webhooks = False

    data: SignB2eMemberStatusChangedData


class OnSignHcmLinkB2eDocumentSigned(NumberedEvent):
    """Id in ``id``."""

    scope = "sign.b2e"
    entity_name = "sign.b2e.hcmlink.document"
    id_paths = ("id",)
    in_webhooks = False

    data: SignHcmLinkB2eDocumentSignedData
