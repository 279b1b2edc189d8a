"""Named statements out of the SQL files of the stores."""

from __future__ import annotations

import re
from importlib.resources import files


def load_statements(package: str) -> dict[str, str]:
    """The statements in the ``queries.sql`` of a package, by their names."""
    text = (files(package) / "queries.sql").read_text("utf-8")
    found = re.findall(r"^-- name: (\w+)\n(.*?)(?=^-- name:|\Z)", text, re.MULTILINE | re.DOTALL)
    return {name: statement.strip().removesuffix(";") for name, statement in found}
