"""b24pysdk: `as_list`, `as_list_fast`, `call_batches`."""

from __future__ import annotations

from typing import Any

from b24pysdk import BitrixWebhook, Client
from b24pysdk.api.callers import call_method

from tests.benchmarks.rest_peers.meter import Job, main

SELECT = ["ID", "TITLE", "OPPORTUNITY"]


def client_of(job: Job) -> Any:
    # It knows https only. The fake portal speaks http: this is the one change.
    caller: Any = call_method.__globals__["_MethodCaller"]
    caller._base_url = property(lambda self: f"http://{self._domain}/rest")
    token = "/".join(job.url.rstrip("/").split("/")[-2:])
    return Client(BitrixWebhook(domain=job.domain, webhook_token=token))


def as_list(job: Job) -> None:
    job.take(client_of(job).crm.deal.list(select=SELECT).as_list().result)


def as_list_fast(job: Job) -> None:
    job.take(client_of(job).crm.deal.list(select=SELECT).as_list_fast().result)


def update(job: Job) -> None:
    client = client_of(job)
    calls = [
        client.crm.deal.update(bitrix_id=number, fields={"TITLE": f"new {number}"})
        for number in range(1, job.count + 1)
    ]
    job.rows = len(client.call_batches(calls).result.result)


def write(job: Job) -> None:
    client = client_of(job)
    for number in range(1, job.count + 1):
        title = f"made {number}"
        try:
            client.crm.deal.add(fields={"TITLE": title}).result  # noqa: B018 (this makes the call)
            job.outcomes[title] = "done"
        except Exception:
            job.outcomes[title] = "failed"
    calls = {
        f"changed {number}": client.crm.deal.update(
            bitrix_id=number, fields={"TITLE": f"changed {number}"}
        )
        for number in range(1, job.count + 1)
    }
    job.outcomes |= dict.fromkeys(calls, "failed")
    for title in client.call_batches(calls).result.result:
        job.outcomes[title] = "done"


if __name__ == "__main__":
    main({"as_list": as_list, "as_list_fast": as_list_fast, "update": update, "write": write})
