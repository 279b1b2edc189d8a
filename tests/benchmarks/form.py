"""How fast forms are decoded, against the standard library's flat ``parse_qsl``.

``parse_qsl`` splits and unescapes but builds no nested values, so a ratio of 1 means that the
nesting costs nothing.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from functools import partial
from urllib.parse import parse_qsl

from bitrix_events.wire.form import decode_form
from tests.corpus import corpus


def main() -> None:
    bodies = {case.id: case.body for case in corpus()}
    print(f"{'body':28} {'bytes':>7} {'ours µs':>9} {'parse_qsl':>9} {'ratio':>6}")
    ratios = []
    for name, body in bodies.items():
        ours = best(partial(decode_form, body))
        peer = best(partial(parse_qsl, body.decode("latin-1"), keep_blank_values=True))
        ratios.append(ours / peer)
        if len(body) > 20_000 or name in ("webhook_deal_add", "app_contact_add"):
            row = f"{len(body):7} {ours * 1e6:9.1f} {peer * 1e6:9.1f} {ours / peer:6.2f}"
            print(f"{name:28} {row}")
    print(f"median ratio over {len(ratios)} bodies: {statistics.median(ratios):.2f}")


def best(call: Callable[[], object], *, seconds: float = 0.05) -> float:
    """The shortest of many runs, in seconds."""
    times = []
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        began = time.perf_counter()
        call()
        times.append(time.perf_counter() - began)
    return min(times)


if __name__ == "__main__":
    main()
