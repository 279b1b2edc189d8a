"""bitrix_events: `Client`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bitrix_events import UNLIMITED, BatchError, Client, OutcomeUnknown, RestError
from tests.benchmarks.rest_peers.access import installed_access
from tests.benchmarks.rest_peers.meter import Job, Work, main

METHOD = "crm.deal.list"
SELECT = ["ID", "TITLE", "OPPORTUNITY"]
_CREATES_AT_ONCE = 8


@asynccontextmanager
async def client_of(job: Job) -> AsyncIterator[Client]:
    limits = UNLIMITED if job.unlimited else None
    if not job.extra.get("oauth"):
        async with Client(job.url, limits=limits) as client:
            yield client
        return
    async with installed_access(job.extra["oauth"]) as access, Client(access, limits=limits) as one:
        yield one


async def stream(job: Job) -> None:
    async with client_of(job) as client:
        if job.wants_ids:
            async for row in client.list(METHOD, select=SELECT):
                job.ids.append(int(row["ID"]))
            job.rows = len(job.ids)
        else:
            async for _ in client.list(METHOD, select=SELECT):
                job.rows += 1


async def collect(job: Job) -> None:
    async with client_of(job) as client:
        job.take(await client.list(METHOD, select=SELECT))


async def update(job: Job) -> None:
    items = [
        {"id": number, "fields": {"TITLE": f"new {number}"}} for number in range(1, job.count + 1)
    ]
    async with client_of(job) as client:
        job.rows = len(await client.apply("crm.deal.update", items))


async def storm(job: Job) -> None:
    async with client_of(job) as client:

        async def one(number: int) -> None:
            response = await client.call("crm.deal.get", id=number)
            assert response.result["ID"] == str(number)
            job.rows += 1

        await asyncio.gather(*(one(number) for number in range(1, job.count + 1)))


async def write(job: Job) -> None:
    places = asyncio.Semaphore(_CREATES_AT_ONCE)
    numbers = range(1, job.count + 1)
    async with client_of(job) as client:

        async def create(title: str) -> None:
            async with places:
                try:
                    await client.call("crm.deal.add", fields={"TITLE": title})
                except RestError as error:
                    job.outcomes[title] = _told(error)
                else:
                    job.outcomes[title] = "done"

        await asyncio.gather(*(create(f"made {number}") for number in numbers))
        titles = [f"changed {number}" for number in numbers]
        job.outcomes |= dict.fromkeys(titles, "done")
        items = [{"id": n, "fields": {"TITLE": f"changed {n}"}} for n in numbers]
        try:
            await client.apply("crm.deal.update", items)
        except BatchError as error:
            for index, failure in error.errors.items():
                job.outcomes[f"changed {items[index]['id']}"] = _told(failure)


def _told(error: RestError) -> str:
    return "unknown" if isinstance(error, OutcomeUnknown) else "failed"


def _work(function: object) -> Work:
    return lambda job: asyncio.run(function(job))  # type: ignore[operator]


if __name__ == "__main__":
    main({f.__name__: _work(f) for f in (stream, collect, update, storm, write)})
