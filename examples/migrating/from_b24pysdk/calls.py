"""Calling a method through an incoming webhook.

There: `BitrixWebhook(domain=..., auth_token="user_id/webhook_key")`, `Client(bitrix_token)`,
    `client.crm.deal.update(bitrix_id=10, fields={...})`: a request that is made when `.result`
    or `.time` is read.
Here: `SyncClient(webhook)` with the whole address, and the same lazy request; parameters have
    their documented names, `id=10`. `client.call(...)` makes a call at once; `Client` is for
    async code.
"""

from bitrix_events import SyncClient


def main(webhook: str) -> None:  # https://example.bitrix24.com/rest/<user_id>/<webhook_key>/
    with SyncClient(webhook) as client:
        request = client.crm.deal.fields()
        print(len(request.result), "fields")

        request = client.crm.deal.get(id=2)
        print(request.result["TITLE"])

        request = client.crm.deal.update(id=10, fields={"TITLE": "New title"})
        print(f"Updated successfully: {request.result}")
        print(f"Call took {request.time.duration} seconds")

        response = client.call("crm.deal.get", id=10)
        print(response.result["TITLE"])
