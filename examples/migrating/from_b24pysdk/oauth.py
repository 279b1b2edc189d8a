"""Tokens of an app.

There: `BitrixApp(client_id=..., client_secret=...)` or, for local apps, `BitrixAppLocal`;
    `BitrixToken(domain=..., auth_token=..., refresh_token=..., bitrix_app=...)`;
    `app.get_oauth_token(code)`; `bitrix_token.get_client()`.
Here: `OAuthApp(client_id, client_secret, installations)` for both kinds of app;
    `exchange(code)` proves and stores the tokens, `client(portal)` and `sync_client(portal)`
    call with them and renew them. A bare token without an app is `Client(rest_url, token=...)`.
"""

from bitrix_events import Client, OAuthApp


async def main(oauth_app: OAuthApp, code: str, rest_url: str, token: str) -> None:
    installation = await oauth_app.exchange(code)  # the user came back with it
    client = oauth_app.client(installation.member_id)

    response = await client.crm.deal.update(id=10, fields={"TITLE": "New title"})
    print(f"Updated successfully: {response.result}")

    await oauth_app.renew(installation.member_id)  # happens by itself when a token has expired
    info = await oauth_app.app_info(token)
    print(info.scope)

    async with Client(rest_url, token=token) as bare:
        print((await bare.crm.deal.get(id=10)).result["TITLE"])
