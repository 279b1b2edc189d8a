"""What an error of the database means, and what to do about it."""

from __future__ import annotations

import asyncio
from typing import Final

import asyncpg

from bitrix_events.errors import StoreError, StoreUnreachable
from bitrix_events.store.postgres.address import Address

_GONE: Final = (
    OSError,
    asyncio.TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.LockNotAvailableError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.InvalidAuthorizationSpecificationError,
)
_MISTAKES: Final = (
    asyncpg.InvalidCatalogNameError,
    asyncpg.InvalidAuthorizationSpecificationError,
)
"""Mistakes of whoever has written the address; waiting does not help."""
_AGAIN: Final = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError)
_OF_THE_CHANGE: Final = ("21", "22", "23", "54")
"""Classes of errors that say that this change can never be made: its values, or its size."""


class Lost(Exception):
    """A transaction came to nothing, or nobody knows what came of it.

    Attributes:
        cause: what the driver said.
        is_unclear: its commit was under way.
    """

    def __init__(self, cause: BaseException, *, is_unclear: bool = False) -> None:
        super().__init__(str(cause))
        self.cause = cause
        self.is_unclear = is_unclear


def is_lost(error: BaseException) -> bool:
    """Whether the database could not be asked; the change itself is not to blame."""
    return isinstance(error, _GONE)


def is_mistake(error: BaseException) -> bool:
    """Whether the address itself is wrong."""
    return isinstance(error, _MISTAKES)


def may_work_again(error: BaseException) -> bool:
    """Whether the same change works when nobody else is in its way."""
    return isinstance(error, _AGAIN)


def is_in_vain(error: BaseException) -> bool:
    """Whether the database lacks something that another try a moment later would lack, too."""
    return isinstance(error, asyncpg.InsufficientResourcesError)


def unreachable(error: BaseException, address: Address, *, ticket: str = "") -> StoreUnreachable:
    """The error for who asked, with what to do."""
    wrapped = StoreUnreachable(f"{address}: {_what_to_do(error, address)}", ticket=ticket)
    wrapped.__cause__ = error if not isinstance(error, asyncpg.InterfaceError) else None
    return wrapped


def not_taken(error: Exception, address: Address) -> Exception:
    """The error of a change that the database did not take.

    Only if the change itself is to blame it will never be taken. Otherwise something is wrong with
    the database (a table or a right is missing, a disk fails), and it is as if it did not answer.
    """
    wrapped = refused(error, address)
    if not isinstance(error, asyncpg.PostgresError) or error.sqlstate[:2] in _OF_THE_CHANGE:
        return wrapped
    away = StoreUnreachable(str(wrapped))
    away.__cause__ = error
    return away


def refused(error: BaseException, address: Address) -> Exception:
    """The error of a question or a change that the database did not take."""
    if isinstance(error, StoreError) or not isinstance(error, asyncpg.PostgresError):
        return error if isinstance(error, Exception) else StoreError(repr(error))
    if isinstance(error, _MISTAKES):
        text = _what_to_do(error, address)
    elif isinstance(error, asyncpg.InvalidSchemaNameError):
        text = f"there is no schema to work in ({error}); create the one that search_path names"
    elif isinstance(error, asyncpg.UndefinedObjectError) and "parameter" in str(error):
        text = f"{error}: neither the driver nor the server knows this option of the address"
    elif isinstance(error, asyncpg.InsufficientPrivilegeError):
        text = f"this user may not do that: {error}; the tables have to be the user's own"
    else:
        text = f"the database refused the change: {error}"
    wrapped = StoreError(f"{address}: {address.without_secrets(text)}")
    wrapped.__cause__ = error
    return wrapped


def _what_to_do(error: BaseException, address: Address) -> str:
    said = address.without_secrets(str(error)) or type(error).__name__
    match error:
        case asyncpg.InvalidPasswordError() | asyncpg.InvalidAuthorizationSpecificationError():
            return f"user or password is refused ({said}); correct them in STORE"
        case asyncpg.InvalidCatalogNameError():
            return f"there is no such database; create it: createdb {address.database}"
        case asyncpg.TooManyConnectionsError():
            return (
                f"the server takes no more connections ({said}); raise max_connections, or put"
                " pgbouncer before it"
            )
        case asyncpg.InsufficientResourcesError():
            return f"the server has run out of space or memory ({said})"
        case asyncpg.ReadOnlySQLTransactionError():
            return "the server is a replica that takes no changes; STORE has to name the primary"
        case asyncpg.LockNotAvailableError() | asyncpg.QueryCanceledError():
            return f"the server is too busy, or somebody holds its locks ({said})"
        case TimeoutError() | asyncio.TimeoutError():
            return "the server does not answer in time"
        case _:
            return f"the server cannot be reached ({said}); does it run, and does STORE name it?"
