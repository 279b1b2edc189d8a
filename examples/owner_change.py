"""Who becomes responsible for a deal is told so, and by whom it was looked after before.

Run it:  bitrix-events run owner_change:app
Look at `first_seen="skip"`: a deal that the handler hears of for the first time has no new owner.
`bitrix-events snapshot build owner_change:app` makes all deals known beforehand.
"""

from datetime import timedelta

from bitrix_events import App, Changes, Client
from bitrix_events.events import Deal, OnCrmDealUpdate

app = App()


@app.on(
    OnCrmDealUpdate,
    changed="assigned_by_id",
    first_seen="skip",
    debounce=timedelta(seconds=10),  # somebody who only tries names does not ring every phone
)
async def tell_new_owner(deal: Deal, changes: Changes, client: Client) -> None:
    owner = changes["assigned_by_id"]
    text = f"«{deal.title}» is yours now; until today it was user {owner.before}'s"
    await client.im.notify.system.add(USER_ID=owner.after, MESSAGE=text)
