"""Lists.

There: `client.crm.deal.list()` has up to 50 records in `.result`; `.as_list().result` has all,
    `.as_list_fast().result` is a generator of all; `.response.total`, `.response.next`.
Here: the same request; `.as_list()` and `.as_list_fast()` give the rows themselves. Rows that
    could not be read are an exception, never missing. In async code: `async for deal in
    client.crm.deal.list()`.
"""

from bitrix_events import SyncClient


def main(webhook: str) -> None:
    with SyncClient(webhook) as client:
        request = client.crm.deal.list()
        print(len(request.result), "deals of one page")
        print(
            request.response.total, "deals in all; the next page begins at", request.response.next
        )

        print(len(client.crm.deal.list().as_list()), "deals")

        for deal in client.crm.deal.list().as_list_fast(limit=2):  # pages are fetched meanwhile
            print(deal["ID"], deal["TITLE"])
