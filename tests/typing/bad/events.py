"""Events and their data, used wrongly."""

from __future__ import annotations

from bitrix_events import App, events
from bitrix_events.events import OnCrmDealAdd, OnUserAdd

app = App()


@app.on(events.OnCrmDealAd)  # expect: attr-defined reportAttributeAccessIssue
async def misspelt() -> None: ...


@app.on(OnCrmDealAdd())  # expect: call-arg reportCallIssue
async def an_event_and_no_class() -> None: ...


def data_of(deal: OnCrmDealAdd, user: OnUserAdd) -> None:
    deal.data["FIELDS"]["TITLE"]  # expect: typeddict-item reportGeneralTypeIssues
    deal.data["fields"]  # expect: typeddict-item reportGeneralTypeIssues
    user.data["EMAIL"] + 1  # expect: operator reportOperatorIssue
    deal.entity_id.upper()  # expect: attr-defined reportAttributeAccessIssue
    deal.member  # expect: attr-defined reportAttributeAccessIssue
    deal.code = "X"  # expect: misc reportAttributeAccessIssue
