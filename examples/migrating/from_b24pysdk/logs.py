"""Logging.

There: `AbstractLogger`, `BaseLogger`, `NullLogger`, `StreamLogger`, given to `Config`;
    `secure_log`.
Here: the standard library's `logging`: loggers below `bitrix_events`, or the one in
    `Options(logger=...)`. Secrets are in no line.
"""

import logging
import sys

from bitrix_events import OAuthApp


async def main(oauth_app: OAuthApp, code: str) -> None:
    log = logging.getLogger("bitrix_events")
    to_stdout = logging.StreamHandler(sys.stdout)  # as StreamLogger
    level = log.level
    log.addHandler(to_stdout)
    log.setLevel(logging.INFO)
    try:
        installation = await oauth_app.exchange(code)
        await oauth_app.renew(installation.member_id)
    finally:
        log.removeHandler(to_stdout)
        log.setLevel(level)
