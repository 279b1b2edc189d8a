"""Installing, updating and removing our app.

Source: protocol.md 1.6.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from bitrix_events.events.base import Event, Kind
from bitrix_events.wire.numbers import whole_number

if TYPE_CHECKING:
    from bitrix_events.generated.events.basic import (
        AppInstallData,
        AppMethodConfirmData,
        AppPaymentData,
        AppTestData,
        AppUninstallData,
        AppUpdateData,
    )


class LifecycleEvent(Event):
    """Something happened to our app on a portal."""

    kind = Kind.FACT
    in_webhooks = False

    def _text(self, name: str) -> str:
        value = self.data.get(name, "") if isinstance(self.data, dict) else ""
        return value if isinstance(value, str) else ""

    @property
    def language(self) -> str:
        """Language of the user who acted, ``de``."""
        return self._text("LANGUAGE_ID")


class OnAppInstall(LifecycleEvent):
    data: AppInstallData

    @property
    def version(self) -> str:
        return self._text("VERSION")


class OnAppUpdate(LifecycleEvent):
    data: AppUpdateData

    @property
    def version(self) -> str:
        return self._text("VERSION")

    @property
    def previous_version(self) -> str:
        return self._text("PREVIOUS_VERSION")


class OnAppUninstall(LifecycleEvent):
    """The app was removed. The portal's REST interface is closed to us by now."""

    api_is_closed: ClassVar[bool] = True

    data: AppUninstallData

    @property
    def clean(self) -> bool:
        """The user asked to delete what the app has stored about the portal."""
        return self._text("CLEAN") == "1"


class OnAppUserReady(LifecycleEvent):
    """The app has a user of its own on the portal; from now on it works with that user's rights."""

    @property
    def user_id(self) -> int:
        """The user's id; 0 if the portal did not say."""
        return whole_number(self._text("user_id")) or 0


class OnAppPayment(LifecycleEvent):
    """What the app may do on the portal has changed with a payment, or with the lack of one."""

    data: AppPaymentData

    @property
    def is_expired(self) -> bool:
        """Nothing is paid any more: calls are refused, and events are not sent."""
        return self._text("PAYMENT_EXPIRED") == "Y"

    @property
    def days(self) -> int | None:
        """Days that are paid for, if the portal said so."""
        return whole_number(self._text("DAYS"))


class OnSubscriptionRenew(LifecycleEvent):
    """The portal's subscription to the market was renewed."""


class OnAppMethodConfirm(LifecycleEvent):
    """An administrator has decided about a method that needs confirmation."""

    data: AppMethodConfirmData

    @property
    def method(self) -> str:
        return self._text("METHOD")

    @property
    def confirmed(self) -> bool:
        return self._text("CONFIRMED") == "1"


class OnAppTest(LifecycleEvent):
    """Raised by the REST method ``event.test``; ``data["QUERY"]`` echoes its parameters."""

    data: AppTestData
