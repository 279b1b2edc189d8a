"""Space on the disk that is given up when no other is left, so that what runs can end."""

from __future__ import annotations

import errno
import logging
import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Final

log = logging.getLogger(__name__)

RESERVE_BYTES: Final = 4 * 2**20
_SHARE_OF_DISK: Final = 16


class Reserve:
    """A file of zeros.

    To write down how an execution has ended, SQLite needs a little space in its log until it can
    move the log into the file, over what is there already.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def make(self) -> bool:
        """Take the space; False if the disk does not have twice as much."""
        try:
            disk = shutil.disk_usage(self._path.parent)
            size = min(RESERVE_BYTES, disk.total // _SHARE_OF_DISK)
            with open(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
                if os.fstat(file.fileno()).st_size < size:
                    if disk.free < 2 * size:
                        raise OSError(errno.ENOSPC, "too little space")
                    file.write(bytes(size))
        except OSError as error:
            log.debug("no space can be reserved: %s", error)
            self.give_up()
            return False
        return True

    def give_up(self) -> None:
        """Let others have the space."""
        with suppress(OSError):
            self._path.unlink()
