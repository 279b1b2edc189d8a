# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from typing import Any, Generic

from bitrix_events.generated.methods.shared import C, R, V

class Userconsent(Generic[C, R, V]):
    """``userconsent``"""

    agreement: UserconsentAgreement[C, R, V]
    consent: UserconsentConsent[C, R, V]

class UserconsentAgreement(Generic[C, R, V]):
    """``userconsent.agreement``"""

    def list(self) -> R:
        """Scope: userconsent."""

    def text(self, *, id: int, replace: Mapping[str, Any] = ...) -> C:
        """Scope: userconsent.

        replace: COMPANY_NAME, COMPANY_ADDRESS, PURPOSES, THIRD_PARTIES, EMAIL.
        """

class UserconsentConsent(Generic[C, R, V]):
    """``userconsent.consent``"""

    def add(
        self,
        *,
        AGREEMENT_ID: int,
        IP: str,
        USER_ID: int = ...,
        URL: str = ...,
        ORIGIN_ID: str = ...,
        ORIGINATOR_ID: str = ...,
    ) -> C:
        """Scope: userconsent."""
