"""fast_bitrix24: `get_all` and `call`."""

from __future__ import annotations

import asyncio
from typing import Any

from fast_bitrix24 import Bitrix, BitrixAsync

from tests.benchmarks.rest_peers.meter import Job, main

SELECT = ["ID", "TITLE", "OPPORTUNITY"]


def options_of(job: Job) -> dict[str, Any]:
    """Its own limit can be moved out of the way, but not be turned off: that ends in a KeyError."""
    options: dict[str, Any] = {"webhook": job.url, "verbose": False}
    if job.unlimited:
        options |= {"request_pool_size": 1_000_000, "requests_per_second": 1_000_000.0}
    return options


def get_all(job: Job) -> None:
    job.take(Bitrix(**options_of(job)).get_all("crm.deal.list", params={"select": SELECT}))


def update(job: Job) -> None:
    items = [
        {"ID": number, "fields": {"TITLE": f"new {number}"}} for number in range(1, job.count + 1)
    ]
    job.rows = len(Bitrix(**options_of(job)).call("crm.deal.update", items))


def storm(job: Job) -> None:
    async def run() -> None:
        client = BitrixAsync(**options_of(job))

        async def one(number: int) -> None:
            await client.call("crm.deal.get", {"ID": number})
            job.rows += 1

        await asyncio.gather(*(one(number) for number in range(1, job.count + 1)))

    asyncio.run(run())


def write(job: Job) -> None:
    asyncio.run(_write(job))


async def _write(job: Job) -> None:
    client = BitrixAsync(**options_of(job))
    places = asyncio.Semaphore(8)

    async def one(title: str, method: str, parameters: dict[str, Any]) -> None:
        job.outcomes[title] = "failed"
        async with places:
            try:
                answer = await client.call(method, parameters)
            except Exception:
                return
        if answer:
            job.outcomes[title] = "done"

    numbers = range(1, job.count + 1)
    await asyncio.gather(
        *(one(f"made {n}", "crm.deal.add", {"fields": {"TITLE": f"made {n}"}}) for n in numbers)
    )
    await asyncio.gather(
        *(
            one(f"changed {n}", "crm.deal.update", {"ID": n, "fields": {"TITLE": f"changed {n}"}})
            for n in numbers
        )
    )


if __name__ == "__main__":
    main({"get_all": get_all, "update": update, "storm": storm, "write": write})
