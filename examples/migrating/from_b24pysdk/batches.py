"""Batches.

There: `client.call_batch({...})` for up to 50 calls, `client.call_batches([...])` for more;
    `.result.result` has the results, `.result.result_error` the errors.
Here: `client.batch` takes any number by name or in order, fifty in a request, and gives a
    `Response` each; `call_batch` and `call_batches` exist as well. Errors are raised with the
    good results in them, see `BatchError`, or are values: `client.outcomes`.
"""

from bitrix_events import SyncClient


def main(webhook: str) -> None:
    with SyncClient(webhook) as client:
        named = client.call_batch(
            {"deal1": client.crm.deal.get(id=1), "deal2": client.crm.deal.get(id=2)}
        )
        for key, deal in named.items():
            print(f"{key}: {deal.result['TITLE']}")

        deals = client.call_batches([client.crm.deal.get(id=number) for number in range(1, 61)])
        print(len(deals), "deals, the last of them", deals[-1].result["ID"])
