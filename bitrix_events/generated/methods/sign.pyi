# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from typing import Any, Generic

from bitrix_events.generated.methods.shared import C, R, V

class Sign(Generic[C, R, V]):
    """``sign``"""

    b2e: SignB2e[C, R, V]

class SignB2e(Generic[C, R, V]):
    """``sign.b2e``"""

    company: SignB2eCompany[C, R, V]
    document: SignB2eDocument[C, R, V]
    hcmlink: SignB2eHcmlink[C, R, V]
    mysafe: SignB2eMysafe[C, R, V]
    personal: SignB2ePersonal[C, R, V]

class SignB2eCompany(Generic[C, R, V]):
    """``sign.b2e.company``"""

    provider: SignB2eCompanyProvider[C, R, V]

class SignB2eCompanyProvider(Generic[C, R, V]):
    """``sign.b2e.company.provider``"""

    def list(
        self,
        *,
        companyUuid: str,
        companyCrmId: int,
        language: str = ...,
        limit: int = ...,
        offset: int = ...,
    ) -> R:
        """Scope: sign.b2e or crm."""

class SignB2eDocument(Generic[C, R, V]):
    """``sign.b2e.document``"""

    def get(self, *, uid: str = ..., language: str = ...) -> C:
        """Scope: sign.b2e or crm."""

    def send(self, *, fields: Mapping[str, Any], language: str = ...) -> C:
        """Scope: sign.b2e or crm.

        fields: company*, members*, responsible*, companyProviderUid*, files*,
          regionDocumentType*, externalSettings*, language.
        """

class SignB2eHcmlink(Generic[C, R, V]):
    """``sign.b2e.hcmlink``"""

    document: SignB2eHcmlinkDocument[C, R, V]

class SignB2eHcmlinkDocument(Generic[C, R, V]):
    """``sign.b2e.hcmlink.document``"""

    def get(self, *, id: int) -> C:
        """Scope: sign.b2e."""

class SignB2eMysafe(Generic[C, R, V]):
    """``sign.b2e.mysafe``"""

    def tail(self, *, limit: int = ..., offset: int = ...) -> R:
        """Scope: sign.b2e."""

class SignB2ePersonal(Generic[C, R, V]):
    """``sign.b2e.personal``"""

    def tail(self, *, limit: int = ..., offset: int = ...) -> R:
        """Scope: sign.b2e."""
