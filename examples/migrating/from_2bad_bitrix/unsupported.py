"""A method that the library does not know.

There: `bitrix.call('some.new.get' as any, {ID: '77'} as any)` and a cast of what comes back.
Here: any name goes to the portal, as it stands. Names that the documentation has are known to
    type checkers as paths; for others there are `call` and `list`, with `rows=` and `id_field=`
    for lists.
"""

from bitrix_events import Client, MethodNotFound


async def main(webhook: str) -> None:
    async with Client(webhook) as client:
        try:
            print((await client.call("some.new.get", ID=77)).result)
        except MethodNotFound as error:
            print(error.code)

        try:
            listing = client.list("some.new.list", rows="items", id_field="id", select=["TITLE"])
            print([row["TITLE"] async for row in listing])
        except MethodNotFound as error:
            print(error.method)
