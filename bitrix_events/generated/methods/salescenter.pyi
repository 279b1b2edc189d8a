# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from typing import Generic

from bitrix_events.generated.methods.shared import C, R, V

class Salescenter(Generic[C, R, V]):
    """``salescenter``"""

    payment: SalescenterPayment[C, R, V]

class SalescenterPayment(Generic[C, R, V]):
    """``salescenter.payment``"""

    def getPublicUrl(self, *, id: int) -> C:
        """Scope: salescenter."""
