# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from __future__ import annotations

from typing import ClassVar

from bitrix_events.entities.base import Day, Entity
from bitrix_events.entities.reading import Reading


class ProductRow(Entity):
    """Catalogue: ``crm.item.productrow`` and ``crm.productrow``."""

    kind: ClassVar[str] = "productrow"
    reading: ClassVar[Reading | None] = Reading("crm.item.productrow.get", record_at="productRow")

    id: int
    owner_id: int = 0
    owner_type: str = ""
    product_id: int = 0
    product_name: str = ""
    price: float = 0.0
    price_exclusive: float = 0.0
    price_netto: float = 0.0
    price_brutto: float = 0.0
    quantity: float = 0.0
    discount_type_id: int = 0
    discount_rate: float = 0.0
    discount_sum: float = 0.0
    tax_rate: float = 0.0
    tax_included: bool = False
    customized: bool = False
    measure_code: int = 0
    measure_name: str = ""
    sort: int = 0
    type: int = 0
    store_id: int = 0
    price_account: float = 0.0
    xml_id: str = ""
    original_product_name: str = ""
    product_description: str = ""
    reserve_id: int = 0
    date_reserve_end: Day = None
    reserve_quantity: int = 0
