# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.
"""Events of the scope ``humanresources.hcmlink``."""

from __future__ import annotations

from typing import TypedDict

from bitrix_events.events.base import NumberedEvent


class HumanResourcesHcmLinkData(TypedDict):
    jobId: str


class HumanResourcesHcmLinkEmployeeListRequestedData(TypedDict):
    jobId: str
    company: str


class OnHumanResourcesHcmLinkEmployeeListMapped(NumberedEvent):
    """Id in ``jobId``."""

    scope = "humanresources.hcmlink"
    entity_name = "humanresources.hcmlink.job"
    id_paths = ("jobId",)

    data: HumanResourcesHcmLinkData


class OnHumanResourcesHcmLinkEmployeeListRequested(NumberedEvent):
    """Id in ``jobId``."""

    scope = "humanresources.hcmlink"
    entity_name = "humanresources.hcmlink.job"
    id_paths = ("jobId",)

    data: HumanResourcesHcmLinkEmployeeListRequestedData


class OnHumanResourcesHcmLinkFieldValueRequested(NumberedEvent):
    """Id in ``jobId``."""

    scope = "humanresources.hcmlink"
    entity_name = "humanresources.hcmlink.job"
    id_paths = ("jobId",)

    data: HumanResourcesHcmLinkData


class OnHumanResourcesHcmLinkPinRequested(NumberedEvent):
    """Id in ``jobId``."""

    scope = "humanresources.hcmlink"
    entity_name = "humanresources.hcmlink.job"
    id_paths = ("jobId",)

    data: HumanResourcesHcmLinkData


class OnHumanResourcesHcmLinkSalaryVacationRequested(NumberedEvent):
    """Id in ``jobId``."""

    scope = "humanresources.hcmlink"
    entity_name = "humanresources.hcmlink.job"
    id_paths = ("jobId",)

    data: HumanResourcesHcmLinkData
