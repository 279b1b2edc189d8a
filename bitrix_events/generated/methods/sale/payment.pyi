# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from typing import Any, Generic

from bitrix_events.generated.methods.shared import Array, C, Order, R, V

class SalePayment(Generic[C, R, V]):
    """``sale.payment``"""

    def add(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: sale.

        fields: orderId*, paySystemId*, paid, datePaid, empPaidId, psStatus, psStatusCode,
          psStatusDescription, psStatusMessage, psSum, psCurrency, psResponseDate, payVoucherNum,
          payVoucherDate, datePayBefore, dateBill, xmlId, sum, companyId, payReturnNum, priceCod,
          payReturnDate, empReturnId, payReturnComment, responsibleId, empResponsibleId, isReturn,
          comments, updated1c, id1c, version1c, externalPayment, psInvoiceId, marked,
          reasonMarked, empMarkedId.
        """

    def delete(self, *, id: int) -> C:
        """Scope: sale."""

    def get(self, *, id: int) -> C:
        """Scope: sale."""

    def getFields(self) -> C:
        """Scope: sale."""

    def list(
        self,
        *,
        select: Array = ...,
        filter: Mapping[str, Any] = ...,
        order: Order = ...,
        start: int = ...,
    ) -> R:
        """Scope: sale."""

    def update(self, *, id: int, fields: Mapping[str, Any]) -> C:
        """Scope: sale.

        fields: paySystemId*, paid, datePaid, empPaidId, psStatus, psStatusCode,
          psStatusDescription, psStatusMessage, psSum, psCurrency, psResponseDate, payVoucherNum,
          payVoucherDate, datePayBefore, dateBill, xmlId, sum, companyId, payReturnNum, priceCod,
          payReturnDate, empReturnId, payReturnComment, responsibleId, empResponsibleId, isReturn,
          comments, updated1c, id1c, version1c, externalPayment, psInvoiceId, marked,
          reasonMarked, empMarkedId.
        """
