"""``python -m bitrix_events.catalog.generate [--check]``."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from bitrix_events.catalog.generate import differences, outputs, write
from bitrix_events.catalog.generate.source import read_source


def main(arguments: Sequence[str]) -> int:
    """Returns the exit code: 1 if a file is not what the catalogue makes."""
    if arguments not in ([], ["--check"]):
        print(__doc__, file=sys.stderr)
        return 2
    files = outputs(read_source())
    changes = differences(files)
    print("\n".join([*changes, f"{len(files)} files, {len(changes)} differences"]))
    if arguments:
        return 1 if changes else 0
    write(files)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
