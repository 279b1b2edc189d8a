"""What fails.

There: a promise is rejected if a payload has an error; of a batch with one bad command nothing
    is left.
Here: an exception whose class says what to do, with the portal's `code` and `description`. A
    batch that fails in part raises `BatchError` with the good results in it, or gives errors as
    values.
"""

from bitrix_events import BatchError, Client, RestError


async def main(webhook: str) -> None:
    async with Client(webhook) as client:
        commands = {"good": client.crm.deal.get(id=77), "bad": client.crm.deal.get(id=5000)}
        try:
            await client.batch(commands)
        except BatchError as error:
            print(error.results["good"].result["TITLE"], error.errors["bad"].method)

        for name, outcome in (await client.outcomes(commands)).items():
            print(name, "failed" if isinstance(outcome, RestError) else "is there")

        try:
            await client.crm.deal.get(id=5000)
        except RestError as error:
            print(error.method, error.status, error.description)
