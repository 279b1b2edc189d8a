"""Tokens in a model of one's own.

There: subclasses of `AbstractBitrixApp`, `AbstractBitrixAppLocal`, `AbstractBitrixToken`,
    `AbstractBitrixTokenLocal`, whose attributes are fields of an ORM's model.
Here: `Installations`, a protocol of seven methods over whatever keeps the rows. This one adds a
    file to the storage in memory; `examples/own_tokens.py` is one over a table, with
    SQLAlchemy.
"""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

from bitrix_events import (
    Installation,
    MemoryInstallations,
    OAuthApp,
    dump_installation,
    load_installation,
)


class InAFile(MemoryInstallations):
    """For one process. Each change is written before the new tokens are used."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    async def save_installation(self, installation: Installation) -> bool:
        is_saved = await super().save_installation(installation)
        if is_saved:
            found = await self.installations()
            self._path.write_text(json.dumps([dump_installation(row) for row in found]))
        return is_saved


async def main(oauth_app: OAuthApp, code: str) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "tokens.json"
        oauth_app.installations = InAFile(path)
        installation = await oauth_app.exchange(code)
        (row,) = json.loads(path.read_text())
        print(load_installation(row).member_id == installation.member_id)
