"""Timeouts, retries, the logger.

There: `Config().configure(default_timeout=..., default_max_retries=..., logger=...)`, for all
    clients of a thread.
Here: `Options` of a client, which never change; `with_options` makes a client with others, for
    one call if you like. What creates something is never repeated unless nothing can have been
    done.
"""

import logging

from bitrix_events import Options, SyncClient, Timeouts

OPTIONS = Options(
    timeouts=Timeouts(connect=3.05, read=10),  # seconds
    attempts=3,
    delay=1,  # seconds, doubled each time
    logger=logging.getLogger("billing"),
)


def main(webhook: str) -> None:
    with SyncClient(webhook, options=OPTIONS) as client:
        print(client.crm.deal.get(id=2).result["TITLE"])

        patient = client.with_options(attempts=10)
        print(patient.crm.deal.get(id=2).result["TITLE"])
