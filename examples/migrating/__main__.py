"""Runs the examples beside a fake portal: all of them, or those that are named."""

import asyncio
import sys

from examples.migrating.play import EXAMPLES, play


async def run(names: list[str]) -> None:
    for name in names:
        print(f"--- {name}")
        await play(name)


if __name__ == "__main__":
    if unknown := set(sys.argv[1:]) - set(EXAMPLES):
        sys.exit(f"no such example: {', '.join(unknown)}; there are {', '.join(EXAMPLES)}")
    asyncio.run(run(sys.argv[1:] or list(EXAMPLES)))
