# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from bitrix_events.entities.base import Entity
from bitrix_events.entities.reading import Reading


class DeliveryExtraServiceItem(Entity):
    """Catalogue: ``sale_delivery_extra_service_enum_item``."""

    kind: ClassVar[str] = "sale_delivery_extra_service_enum_item"

    title: str = ""
    code: str = ""
    price: float = 0.0


class DeliveryExtraService(Entity):
    """Catalogue: ``sale_delivery_extra_service``."""

    kind: ClassVar[str] = "sale_delivery_extra_service"

    id: int
    type: str = ""
    name: str = ""
    active: bool = False
    code: str = ""
    sort: int = 0
    description: str = ""
    price: float = 0.0
    items: list[DeliveryExtraServiceItem] = Field(default_factory=list)


class DeliveryHandlerProfile(Entity):
    """Catalogue: ``sale_delivery_handler_profile``."""

    kind: ClassVar[str] = "sale_delivery_handler_profile"

    name: str = ""
    code: str = ""
    description: str = ""


class DeliveryHandlerConfigItem(Entity):
    """Catalogue: ``sale_delivery_handler_settings_config_item``."""

    kind: ClassVar[str] = "sale_delivery_handler_settings_config_item"

    type: str = ""
    code: str = ""
    name: str = ""
    options: dict[str, Any] = Field(default_factory=dict)


class DeliveryHandlerSettings(Entity):
    """Catalogue: ``sale_delivery_handler_settings``."""

    kind: ClassVar[str] = "sale_delivery_handler_settings"

    calculate_url: str = ""
    create_delivery_request_url: str = ""
    cancel_delivery_request_url: str = ""
    has_callback_tracking_support: bool = False
    config: list[DeliveryHandlerConfigItem] = Field(default_factory=list)


class DeliveryHandler(Entity):
    """Catalogue: ``sale_delivery_handler``."""

    kind: ClassVar[str] = "sale_delivery_handler"

    id: int
    name: str = ""
    code: str = ""
    sort: int = 0
    description: str = ""
    settings: DeliveryHandlerSettings | None = None
    profiles: list[DeliveryHandlerProfile] = Field(default_factory=list)


class DeliveryConfigValue(Entity):
    """Catalogue: ``sale_delivery_config_value_item``."""

    kind: ClassVar[str] = "sale_delivery_config_value_item"

    code: str = ""
    value: Any = None


class DeliveryService(Entity):
    """Catalogue: ``sale_delivery_service``."""

    kind: ClassVar[str] = "sale_delivery_service"
    reading: ClassVar[Reading | None] = Reading(
        "sale.delivery.getlist", id_at=("FILTER", "ID"), is_list=True
    )

    id: int
    parent_id: int = 0
    name: str = ""
    currency: str = ""
    description: str = ""
    sort: int = 0
    active: bool = False


class PaySystem(Entity):
    """Catalogue: ``sale_paysystem``."""

    kind: ClassVar[str] = "sale_paysystem"
    reading: ClassVar[Reading | None] = Reading(
        "sale.paysystem.list", id_at=("FILTER", "ID"), is_list=True
    )

    id: str
    name: str = ""
    description: str = ""
    xml_id: str = ""
    person_type_id: int = 0
    action_file: str = ""
    active: bool = False
    entity_registry_type: str = ""
    new_window: bool = False
    allow_edit_payment: bool = False
    auto_change_1c: bool = False
    can_print_check: bool = False
    encoding: str = ""
    is_cash: str = ""
    psa_name: str = ""
    ps_mode: str = ""
    sort: str = ""
    tariff: str = ""


class PaySystemHandler(Entity):
    """Catalogue: ``sale_paysystem_handler``."""

    kind: ClassVar[str] = "sale_paysystem_handler"

    id: str
    name: str = ""
    code: str = ""
    sort: str = ""
    settings: dict[str, Any] = Field(default_factory=dict)
