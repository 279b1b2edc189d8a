"""What a page, an event or a robot brings.

There: `OAuthPlacementData.from_dict(data)`, `OAuthEventData`, `OAuthWorkflowData`, each with
    its `ValidationError`; `validate_against_app_info`.
Here: `await oauth_app.adopt(body)` reads all three, has the OAuth server confirm whose they
    are, and stores the tokens. In an `App` nothing of that is seen: handlers get a `Client`.
"""

from typing import Any

from bitrix_events import OAuthApp, VerificationError


async def main(oauth_app: OAuthApp, callback: dict[str, Any]) -> None:
    installation = await oauth_app.adopt(callback)
    client = oauth_app.client(installation.member_id)
    print((await client.crm.deal.get(id=1)).result["TITLE"])

    try:
        await oauth_app.adopt({"workflow_id": "w1", "auth": {"access_token": "made up"}})
    except VerificationError as error:
        print(f"Validation error: {error}")
