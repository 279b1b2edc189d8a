"""What people do with the app in the portal: install it, pay for it, remove it; and its tokens."""

from __future__ import annotations

from typing import Final

import httpx

from bitrix_events.testing import installation
from bitrix_events.testing.kinds import USER
from bitrix_events.testing.methods import PortalState
from bitrix_events.testing.oauth import TokenPair
from bitrix_events.testing.sender import Binding
from bitrix_events.testing.site import webhook_token

OTHER_APP: Final = "local.000000000000b2.00000002"
"""The client id of another app on the same portal."""


class Lifecycle:
    """The part of `FakePortal` that is about the app."""

    def __init__(self, state: PortalState) -> None:
        self._state = state
        self.webhook_token = webhook_token(state.site.member_id)
        """The application token of outgoing webhooks that get none of their own."""

    async def install(self, url: str, *, user_id: int = 1) -> httpx.Response:
        """Install the app as a script-only local app: post ONAPPINSTALL to its install path."""
        return await installation.install(self._state, url, user_id=user_id)

    async def open_install_page(self, url: str, *, user_id: int = 1) -> httpx.Response:
        """Open the install page of an app with a user interface, as a browser does.

        The installation is complete once a page says ``installFinish``, as on a real portal: only
        then does the portal raise ONAPPINSTALL, and only then are events of the app sent.
        """
        return await installation.open_install_page(self._state, url, user_id=user_id)

    async def update(
        self,
        url: str,
        *,
        version: int | str = 2,
        new_token: bool | str = False,
        user_id: int = 1,
    ) -> httpx.Response:
        """Update the app: post ONAPPUPDATE to ``url``, and to handlers that are bound to it.

        Args:
            new_token: whether the application token changes, or the new one. All that is sent from
                then on carries it.
        """
        return await installation.update(
            self._state, url, version=version, new_token=new_token, user_id=user_id
        )

    async def lapse_payment(self, url: str) -> httpx.Response:
        """The app is no longer paid for: post ONAPPPAYMENT to ``url`` and bound handlers.

        Until it is again, no events of the app are sent, and its REST calls and refreshes answer
        PAYMENT_REQUIRED.
        """
        return await installation.change_payment(self._state, url, paid=False)

    async def renew_payment(self, url: str) -> httpx.Response:
        """The app is paid for again: post ONAPPPAYMENT to ``url`` and bound handlers."""
        return await installation.change_payment(self._state, url, paid=True)

    async def renew_subscription(self, url: str, *, user_id: int = 1) -> httpx.Response:
        """The portal pays for all apps again: post ONSUBSCRIPTIONRENEW, which brings tokens."""
        return await installation.renew_subscription(self._state, url, user_id=user_id)

    async def make_system_user(self, url: str, *, user_id: int = 1) -> int:
        """Make the app's system user, and post ONAPPUSERREADY, which brings his tokens.

        Args:
            user_id: who installed the app; his access token is in the event too.

        Returns:
            The id of the system user.
        """
        return await installation.make_system_user(self._state, url, user_id=user_id)

    def reregister(self) -> None:
        """Register the on-premise portal anew at the OAuth host.

        It has another `member_id` and `application_token` from then on, and no token of before is
        known any more; its bindings stay.
        """
        installation.reregister(self._state)

    def dismiss(self, user_id: int, *, code: str = "authorization_error") -> None:
        """Let a user leave: REST calls with his tokens are refused.

        His refresh tokens go on, as do the app and its bindings.

        Args:
            code: ``authorization_error`` or ``user_access_error``.
        """
        self._state.world.change(USER, user_id, {"ACTIVE": False}, user_id=1)
        self._state.dismissed[user_id] = code

    async def uninstall(self, url: str | None = None, *, clean: bool = False) -> None:
        """Remove the app with its bindings, and tell the bound handlers, and ``url`` too.

        Afterwards calls with any of its tokens answer APPLICATION_NOT_FOUND.

        Args:
            clean: whether the user wants the app's data deleted; its options stay otherwise.
        """
        await installation.uninstall(self._state, url, clean=clean)

    def outgoing_webhook(self, url: str, *events: str, token: str | None = None) -> str:
        """Make an outgoing webhook, as in the portal's settings; returns its application token."""
        token = token or self.webhook_token
        for event in events:
            self._state.sender.bind(Binding(event.upper(), url, webhook_token=token))
        return token

    def remove_outgoing_webhook(self, url: str) -> None:
        """Delete the outgoing webhooks that post to this URL."""
        bindings = self._state.sender.bindings
        bindings[:] = [b for b in bindings if b.webhook_token is None or b.handler != url]

    def bind_other_app(self, url: str, *events: str, client_id: str = OTHER_APP) -> str:
        """Bind events for another app of the portal; returns that app's application token.

        Its bindings are in `bindings`, under its client id, but not in what ``event.get`` answers
        to ours.
        """
        for event in events:
            self._state.sender.bind(Binding(event.upper(), url, client_id=client_id))
        return self._state.site.application_token_of(client_id)

    def issue_tokens(self, user_id: int = 1, *, client_id: str = "") -> TokenPair:
        """Tokens of an app that was installed earlier, without any callback.

        Args:
            client_id: another app of the portal that they are for.
        """
        if client_id in ("", self._state.site.client_id):
            self._state.oauth.installed = True
        return self._state.oauth.issue(user_id, client_id=client_id)

    def issue_code(self, user_id: int = 1) -> str:
        """An authorisation code, as the redirect after a user's consent brings it."""
        self._state.oauth.installed = True
        return self._state.oauth.issue_code(user_id)

    @property
    def redirect_url(self) -> str:
        """Where ``/oauth/authorize/`` sends the visitor back to: part of the app's card on a real
        portal. Empty shows him a page without a code."""
        return self._state.redirect_url

    @redirect_url.setter
    def redirect_url(self, url: str) -> None:
        self._state.redirect_url = url

    @property
    def visitor(self) -> int:
        """The user whose browser opens ``/oauth/authorize/``; 1 at first."""
        return self._state.visitor

    @visitor.setter
    def visitor(self, user_id: int) -> None:
        self._state.visitor = user_id
