"""What typed paths cost: ``python -m tests.benchmarks.paths``.

Microseconds for a path, for a lazy call by path and by name, beside what Python itself takes for
three attributes; and what the first path, the first validated call and the import cost.
"""

from __future__ import annotations

import subprocess
import sys
import timeit
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, Final

from bitrix_events.rest.client import Client

WEBHOOK: Final = "https://acme.bitrix24.test/rest/1/code/"
_ROUNDS: Final = 50_000


def microseconds(act: Callable[[], Any]) -> float:
    """The best of five rounds, for one time."""
    return min(timeit.repeat(act, number=_ROUNDS, repeat=5)) / _ROUNDS * 1e6


def first(act: Callable[[], Any]) -> float:
    """Milliseconds for the first time."""
    return timeit.timeit(act, number=1) * 1000


def imported(statement: str) -> tuple[float, float]:
    """Milliseconds and MiB of a process that runs the statement, the best of five. On Linux."""
    program = (
        "import re, time\n"
        "began = time.perf_counter()\n"
        f"{statement}\n"
        "seconds = time.perf_counter() - began\n"
        "status = open('/proc/self/status').read()\n"  # what getrusage tells is the parent's, too
        "print(seconds * 1000, int(re.search(r'VmHWM:\\s+(\\d+)', status)[1]) / 1024)\n"
    )
    command = [sys.executable, "-c", program]
    runs = [
        subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
        for _ in range(5)
    ]
    return min(float(run[0]) for run in runs), min(float(run[1]) for run in runs)


def by_path(client: Any) -> Any:
    return client.crm.deal.get


def call_by_path(client: Any) -> None:
    assert client.crm.deal.get(id=7).command


def call_by_name(client: Client) -> None:
    assert client.call("crm.deal.get", id=7).command


def main() -> None:
    client = Client(WEBHOOK)
    strict = client.with_options(validate=True)
    floor = SimpleNamespace(crm=SimpleNamespace(deal=SimpleNamespace(get=None)))
    print(f"first path        {first(lambda: by_path(client)):8.1f} ms")
    print(f"first validation  {first(lambda: call_by_path(strict)):8.1f} ms")
    figures = {
        "three attributes": lambda: by_path(floor),
        "path": lambda: by_path(client),
        "call by path": lambda: call_by_path(client),
        "call by name": lambda: call_by_name(client),
        "validated call": lambda: call_by_path(strict),
    }
    for name, act in figures.items():
        print(f"{name:17} {microseconds(act):8.2f} us")
    base = imported("import httpx, pydantic, starlette.applications")
    package = imported("import httpx, pydantic, starlette.applications, bitrix_events")
    print(f"import            {package[0] - base[0]:8.0f} ms  {package[1] - base[1]:.0f} MiB more")


if __name__ == "__main__":
    main()
