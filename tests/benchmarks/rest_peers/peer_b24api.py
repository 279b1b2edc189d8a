"""b24api: `list_batched`, `list_batched_no_count`, `batch` and `call`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.benchmarks.rest_peers.meter import Job, main

REQUEST = {
    "method": "crm.deal.list",
    "parameters": {"select": ["ID", "TITLE", "OPPORTUNITY"]},
}
# It is configured when it is imported, by the environment; the address follows with the client.
os.environ["BITRIX24_API_WEBHOOK_URL"] = "http://127.0.0.1/rest/1/code/"

from b24api import Bitrix24  # noqa: E402


def client_of(job: Job) -> Any:
    os.environ["BITRIX24_API_WEBHOOK_URL"] = job.url
    return Bitrix24()


def list_batched(job: Job) -> None:
    job.take(client_of(job).list_batched(REQUEST))


def list_batched_no_count(job: Job) -> None:
    job.take(client_of(job).list_batched_no_count(REQUEST))


def update(job: Job) -> None:
    job.take(client_of(job).batch(_updates(job, "new")))


def storm(job: Job) -> None:
    client = client_of(job)

    def one(number: int) -> None:
        client.call({"method": "crm.deal.get", "parameters": {"id": number}})
        job.rows += 1

    with ThreadPoolExecutor(50) as threads:
        for _ in threads.map(one, range(1, job.count + 1)):
            pass


def write(job: Job) -> None:
    client = client_of(job)
    for number in range(1, job.count + 1):
        title = f"made {number}"
        job.outcomes[title] = "failed"
        try:
            client.call({"method": "crm.deal.add", "parameters": {"fields": {"TITLE": title}}})
        except Exception:
            continue
        job.outcomes[title] = "done"
    titles = [f"changed {number}" for number in range(1, job.count + 1)]
    job.outcomes |= dict.fromkeys(titles, "failed")
    for title, _ in zip(titles, client.batch(_updates(job, "changed")), strict=False):
        job.outcomes[title] = "done"


def _updates(job: Job, prefix: str) -> Iterator[dict[str, Any]]:
    for number in range(1, job.count + 1):
        fields = {"TITLE": f"{prefix} {number}"}
        yield {"method": "crm.deal.update", "parameters": {"id": number, "fields": fields}}


if __name__ == "__main__":
    main(
        {
            "list_batched": list_batched,
            "list_batched_no_count": list_batched_no_count,
            "update": update,
            "storm": storm,
            "write": write,
        }
    )
