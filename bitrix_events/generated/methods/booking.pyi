# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from typing import Any, Generic

from bitrix_events.generated.methods.shared import Array, C, R, V

class Booking(Generic[C, R, V]):
    """``booking``"""

    v1: BookingV1[C, R, V]

class BookingV1(Generic[C, R, V]):
    """``booking.v1``"""

    booking: BookingV1Booking[C, R, V]
    clienttype: BookingV1Clienttype[C, R, V]
    resource: BookingV1Resource[C, R, V]
    resourceType: BookingV1ResourceType[C, R, V]
    waitlist: BookingV1Waitlist[C, R, V]

class BookingV1Booking(Generic[C, R, V]):
    """``booking.v1.booking``"""

    client: BookingV1BookingClient[C, R, V]
    externalData: BookingV1BookingExternalData[C, R, V]

    def add(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: booking.

        fields: resourceIds*, name, description, datePeriod*.
        """

    def createfromwaitlist(self, *, waitListId: int, fields: Mapping[str, Any] = ...) -> C:
        """Scope: booking.

        fields: resourceIds*, name, description, datePeriod*.
        """

    def delete(self, *, id: int) -> C:
        """Scope: booking."""

    def get(self, *, id: int) -> C:
        """Scope: booking."""

    def list(self, *, FILTER: Mapping[str, Any] = ..., ORDER: Mapping[str, Any] = ...) -> R:
        """Scope: booking.

        FILTER: within, client.
        ORDER: id, dateFrom, dateTo.
        """

    def update(self, *, id: int, fields: Mapping[str, Any]) -> C:
        """Scope: booking.

        fields: resourceIds, name, description, datePeriod.
        """

class BookingV1BookingClient(Generic[C, R, V]):
    """``booking.v1.booking.client``"""

    def list(self, *, bookingId: int) -> R:
        """Scope: booking."""

    def set(self, *, bookingId: int, clients: Array) -> C:
        """Scope: booking.

        clients: id*, type*.
        """

    def unset(self, *, bookingId: int) -> C:
        """Scope: booking."""

class BookingV1BookingExternalData(Generic[C, R, V]):
    """``booking.v1.booking.externalData``"""

    def list(self, *, bookingId: int) -> R:
        """Scope: booking."""

    def set(self, *, bookingId: int, externalData: Array) -> C:
        """Scope: booking.

        externalData: moduleId*, entityTypeId*, value*.
        """

    def unset(self, *, bookingId: int) -> C:
        """Scope: booking."""

class BookingV1Clienttype(Generic[C, R, V]):
    """``booking.v1.clienttype``"""

    def list(self) -> R:
        """Scope: booking."""

class BookingV1Resource(Generic[C, R, V]):
    """``booking.v1.resource``"""

    slots: BookingV1ResourceSlots[C, R, V]

    def add(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: booking.

        fields: name*, description, typeId*, isMain, isInfoNotificationOn, templateTypeInfo,
          isConfirmationNotificationOn, templateTypeConfirmation, isReminderNotificationOn,
          templateTypeReminder, isFeedbackNotificationOn, templateTypeFeedback,
          isDelayedNotificationOn, templateTypeDelayed, infoDelay, reminderDelay, delayedDelay,
          delayedCounterDelay, confirmationDelay, confirmationRepetitions,
          confirmationRepetitionsInterval, confirmationCounterDelay.
        """

    def delete(self, *, id: int) -> C:
        """Scope: booking."""

    def get(self, *, id: int) -> C:
        """Scope: booking."""

    def list(self, *, FILTER: Mapping[str, Any] = ..., ORDER: Mapping[str, Any] = ...) -> R:
        """Scope: booking.

        FILTER: searchQuery, isMain, typeId, name, description.
        ORDER: id, name.
        """

    def update(self, *, id: int, fields: Mapping[str, Any]) -> C:
        """Scope: booking.

        fields: name, description, typeId, isMain, isInfoNotificationOn, templateTypeInfo,
          isConfirmationNotificationOn, templateTypeConfirmation, isReminderNotificationOn,
          templateTypeReminder, isFeedbackNotificationOn, templateTypeFeedback,
          isDelayedNotificationOn, templateTypeDelayed, infoDelay, reminderDelay, delayedDelay,
          delayedCounterDelay, confirmationDelay, confirmationRepetitions,
          confirmationRepetitionsInterval, confirmationCounterDelay.
        """

class BookingV1ResourceSlots(Generic[C, R, V]):
    """``booking.v1.resource.slots``"""

    def list(self, *, resourceId: int) -> R:
        """Scope: booking."""

    def set(self, *, resourceId: int, slots: Array) -> C:
        """Scope: booking.

        slots: from*, to*, timezone*, weekDays*, slotSize*.
        """

    def unset(self, *, resourceId: int) -> C:
        """Scope: booking."""

class BookingV1ResourceType(Generic[C, R, V]):
    """``booking.v1.resourceType``"""

    def add(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: booking.

        fields: name*, code*, isInfoNotificationOn, templateTypeInfo,
          isConfirmationNotificationOn, templateTypeConfirmation, isReminderNotificationOn,
          templateTypeReminder, isFeedbackNotificationOn, templateTypeFeedback,
          isDelayedNotificationOn, templateTypeDelayed, infoDelay, reminderDelay, delayedDelay,
          delayedCounterDelay, confirmationDelay, confirmationRepetitions,
          confirmationRepetitionsInterval, confirmationCounterDelay.
        """

    def delete(self, *, id: int) -> C:
        """Scope: booking."""

    def get(self, *, id: int) -> C:
        """Scope: booking."""

    def list(self, *, FILTER: Mapping[str, Any] = ..., ORDER: Mapping[str, Any] = ...) -> R:
        """Scope: booking.

        FILTER: searchQuery, moduleId, name, code.
        ORDER: id, name, code.
        """

    def update(self, *, id: int, fields: Mapping[str, Any]) -> C:
        """Scope: booking.

        fields: name, code, isInfoNotificationOn, templateTypeInfo, isConfirmationNotificationOn,
          templateTypeConfirmation, isReminderNotificationOn, templateTypeReminder,
          isFeedbackNotificationOn, templateTypeFeedback, isDelayedNotificationOn,
          templateTypeDelayed, infoDelay, reminderDelay, delayedDelay, delayedCounterDelay,
          confirmationDelay, confirmationRepetitions, confirmationRepetitionsInterval,
          confirmationCounterDelay.
        """

class BookingV1Waitlist(Generic[C, R, V]):
    """``booking.v1.waitlist``"""

    client: BookingV1WaitlistClient[C, R, V]
    externalData: BookingV1WaitlistExternalData[C, R, V]

    def add(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: booking.

        fields: note*.
        """

    def createfrombooking(self, *, bookingId: int) -> C:
        """Scope: booking."""

    def delete(self, *, id: int) -> C:
        """Scope: booking."""

    def get(self, *, id: int) -> C:
        """Scope: booking."""

    def list(self, *, filter: Mapping[str, Any] = ...) -> R:
        """Scope: booking.

        filter: from*, to*.
        """

    def update(self, *, id: int, fields: Mapping[str, Any]) -> C:
        """Scope: booking.

        fields: note*.
        """

class BookingV1WaitlistClient(Generic[C, R, V]):
    """``booking.v1.waitlist.client``"""

    def list(self, *, waitListId: int) -> R:
        """Scope: booking."""

    def set(self, *, waitListId: int, clients: Array) -> C:
        """Scope: booking.

        clients: id*, type*.
        """

    def unset(self, *, waitListId: int) -> C:
        """Scope: booking."""

class BookingV1WaitlistExternalData(Generic[C, R, V]):
    """``booking.v1.waitlist.externalData``"""

    def list(self, *, waitListId: int) -> R:
        """Scope: booking."""

    def set(self, *, waitListId: int, externalData: Array) -> C:
        """Scope: booking.

        externalData: moduleId*, entityTypeId*, value*.
        """

    def unset(self, *, waitListId: int) -> C:
        """Scope: booking."""
