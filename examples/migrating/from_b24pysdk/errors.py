"""Errors.

There: `BitrixAPIError` with `error` and `error_description`, `BitrixRequestTimeout`,
    `BitrixAPIExpiredToken` and their like.
Here: `RestError` with `code` and `description`, and below it a class for each thing to be done:
    `PortalUnreachable`, `TokenExpired`, `NotFound`, `AccessDenied`, ... `OutcomeUnknown` is a
    change whose answer was lost.
"""

from bitrix_events import OutcomeUnknown, PortalUnreachable, RestError, SyncClient


def main(webhook: str) -> None:
    with SyncClient(webhook) as client:
        try:
            print(client.crm.deal.get(id=5000).result)
        except (PortalUnreachable, OutcomeUnknown):
            print("try again, or look first what became of it")
        except RestError as error:
            print(error.method, error.status, error.description)
