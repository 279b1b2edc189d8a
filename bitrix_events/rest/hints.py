"""What the documentation knows about a failure, in words that say what to do."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from bitrix_events.catalog.methods import Section, facts_of, nearest_methods
from bitrix_events.errors import AccessDenied, MethodNotFound, RestError

V3_CODES: Final = "bitrix_rest_v3_exception_"
"""What the codes of REST 3.0 begin with, in lower case."""

_SCOPE_CODES: Final = frozenset({"insufficient_scope", f"{V3_CODES}insufficientscopeexception"})
_NOT_ONE_METHOD: Final = "batch"
"""The name of a request, which does not tell the method that failed in it."""


def hint_for(error: RestError) -> str:
    """The hint of an error that a portal has sent; ``""`` if there is nothing to say."""
    code = error.code.lower()
    if error.method == _NOT_ONE_METHOD:
        return ""
    section: Section = "v3" if code.startswith(V3_CODES) else "classic"
    if isinstance(error, MethodNotFound):
        return hint_for_unknown(section, error.method)
    if isinstance(error, AccessDenied) and code in _SCOPE_CODES:
        scope = scope_of(section, error.method)
        return f"it needs the scope {scope}" if scope else ""
    return ""


def scope_of(section: Section, method: str) -> str:
    """The scope that a method needs, ``"crm"``, ``"userfieldconfig or crm"``; ``""`` if it is not
    known, or none is needed."""
    scope = facts_of(section, method).scope
    return "" if scope == "basic" else " or ".join(scope.split("|"))


@lru_cache(maxsize=256)
def hint_for_unknown(section: Section, method: str) -> str:
    """The hint about a method that a portal does not know, or the documentation."""
    facts = facts_of(section, method)
    if not facts.documented:
        return _elsewhere(section, method) or nearest_methods(section, method)
    scope = scope_of(section, method)
    needs = f"it needs the scope {scope}, and a portal" if scope else "it needs a portal"
    case = f" Its name is written {facts.name}." if facts.name != method else ""
    return f"{needs} that has the method.{case}".removesuffix(".")


def _elsewhere(section: Section, method: str) -> str:
    """Where else a method is documented that is not documented here."""
    other: Section = "classic" if section == "v3" else "v3"
    if not facts_of(other, method).documented:
        return ""
    return "it belongs to REST 3.0: client.v3" if other == "v3" else "REST 3.0 does not have it"
