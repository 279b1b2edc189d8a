"""Hearing of new tokens and of a portal that has moved.

There: `bitrix_token.oauth_token_renewed_signal.connect(fn)` and `portal_domain_changed_signal`,
    for each token object; `OAuthTokenRenewedEvent`, `PortalDomainChangedEvent(old_domain,
    new_domain)`.
Here: `signals.oauth_token_renewed` and `signals.portal_domain_changed`, for all portals or
    those of one app (`sender=`); functions or coroutines. The tokens are stored before anybody
    hears of them.
"""

from bitrix_events import OAuthApp, OAuthTokenRenewed, PortalDomainChanged, signals


async def renewed(app: object, event: OAuthTokenRenewed) -> None:
    print("new tokens for user", event.user_id)


def moved(app: object, event: PortalDomainChanged) -> None:
    print(event.old_domain, "is now", event.new_domain)


async def main(oauth_app: OAuthApp, code: str) -> None:
    signals.oauth_token_renewed.connect(renewed, sender=oauth_app)
    signals.portal_domain_changed.connect(moved, sender=oauth_app)

    installation = await oauth_app.exchange(code)
    await oauth_app.renew(installation.member_id)
