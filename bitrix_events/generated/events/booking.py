# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.
"""Events of the scope ``booking``."""

from __future__ import annotations

from typing import TypedDict

from bitrix_events.events.base import Kind, NumberedEvent


class BookingData(TypedDict):
    ID: str


class OnBookingAdd(NumberedEvent):
    """Id in ``ID``."""

    scope = "booking"
    kind = Kind.FACT
    entity_name = "booking.booking"

    data: BookingData


class OnBookingDelete(NumberedEvent):
    """Id in ``ID``."""

    scope = "booking"
    kind = Kind.FACT
    entity_name = "booking.booking"
    entity_is_gone = True

    data: BookingData


class OnBookingResourceAdd(NumberedEvent):
    """Id in ``ID``."""

    scope = "booking"
    kind = Kind.FACT
    entity_name = "booking.resource"

    data: BookingData


class OnBookingResourceDelete(NumberedEvent):
    """Id in ``ID``."""

    scope = "booking"
    kind = Kind.FACT
    entity_name = "booking.resource"
    entity_is_gone = True

    data: BookingData


class OnBookingResourceTypeAdd(NumberedEvent):
    """Id in ``ID``."""

    scope = "booking"
    kind = Kind.FACT
    entity_name = "booking.resourceType"

    data: BookingData


class OnBookingResourceTypeDelete(NumberedEvent):
    """Id in ``ID``."""

    scope = "booking"
    kind = Kind.FACT
    entity_name = "booking.resourceType"
    entity_is_gone = True

    data: BookingData


class OnBookingResourceTypeUpdate(NumberedEvent):
    """Id in ``ID``."""

    scope = "booking"
    kind = Kind.STATE
    entity_name = "booking.resourceType"

    data: BookingData


class OnBookingResourceUpdate(NumberedEvent):
    """Id in ``ID``."""

    scope = "booking"
    kind = Kind.STATE
    entity_name = "booking.resource"

    data: BookingData


class OnBookingUpdate(NumberedEvent):
    """Id in ``ID``."""

    scope = "booking"
    kind = Kind.STATE
    entity_name = "booking.booking"

    data: BookingData


class OnBookingWaitListItemAdd(NumberedEvent):
    """Id in ``ID``."""

    scope = "booking"
    kind = Kind.FACT
    entity_name = "booking.waitlist"

    data: BookingData


class OnBookingWaitListItemDelete(NumberedEvent):
    """Id in ``ID``."""

    scope = "booking"
    kind = Kind.FACT
    entity_name = "booking.waitlist"
    entity_is_gone = True

    data: BookingData


class OnBookingWaitListItemUpdate(NumberedEvent):
    """Id in ``ID``."""

    scope = "booking"
    kind = Kind.STATE
    entity_name = "booking.waitlist"

    data: BookingData
