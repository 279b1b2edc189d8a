# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from typing import Generic

from bitrix_events.generated.methods.sale.basketitem import SaleBasketitem
from bitrix_events.generated.methods.sale.basketproperties import SaleBasketproperties
from bitrix_events.generated.methods.sale.businessValuePersonDomain import (
    SaleBusinessValuePersonDomain,
)
from bitrix_events.generated.methods.sale.cashbox import SaleCashbox
from bitrix_events.generated.methods.sale.delivery import SaleDelivery
from bitrix_events.generated.methods.sale.order import SaleOrder
from bitrix_events.generated.methods.sale.payment import SalePayment
from bitrix_events.generated.methods.sale.paymentitembasket import SalePaymentitembasket
from bitrix_events.generated.methods.sale.paymentItemShipment import SalePaymentItemShipment
from bitrix_events.generated.methods.sale.paysystem import SalePaysystem
from bitrix_events.generated.methods.sale.persontype import SalePersontype
from bitrix_events.generated.methods.sale.property import SaleProperty
from bitrix_events.generated.methods.sale.propertygroup import SalePropertygroup
from bitrix_events.generated.methods.sale.propertyRelation import SalePropertyRelation
from bitrix_events.generated.methods.sale.propertyvalue import SalePropertyvalue
from bitrix_events.generated.methods.sale.propertyvariant import SalePropertyvariant
from bitrix_events.generated.methods.sale.shipment import SaleShipment
from bitrix_events.generated.methods.sale.shipmentitem import SaleShipmentitem
from bitrix_events.generated.methods.sale.shipmentproperty import SaleShipmentproperty
from bitrix_events.generated.methods.sale.shipmentpropertyvalue import SaleShipmentpropertyvalue
from bitrix_events.generated.methods.sale.status import SaleStatus
from bitrix_events.generated.methods.sale.statusLang import SaleStatusLang
from bitrix_events.generated.methods.sale.tradeBinding import SaleTradeBinding
from bitrix_events.generated.methods.sale.tradePlatform import SaleTradePlatform
from bitrix_events.generated.methods.shared import C, R, V

class Sale(Generic[C, R, V]):
    """``sale``"""

    basketitem: SaleBasketitem[C, R, V]
    basketproperties: SaleBasketproperties[C, R, V]
    businessValuePersonDomain: SaleBusinessValuePersonDomain[C, R, V]
    cashbox: SaleCashbox[C, R, V]
    delivery: SaleDelivery[C, R, V]
    order: SaleOrder[C, R, V]
    payment: SalePayment[C, R, V]
    paymentItemShipment: SalePaymentItemShipment[C, R, V]
    paymentitembasket: SalePaymentitembasket[C, R, V]
    paysystem: SalePaysystem[C, R, V]
    persontype: SalePersontype[C, R, V]
    property: SaleProperty[C, R, V]
    propertyRelation: SalePropertyRelation[C, R, V]
    propertygroup: SalePropertygroup[C, R, V]
    propertyvalue: SalePropertyvalue[C, R, V]
    propertyvariant: SalePropertyvariant[C, R, V]
    shipment: SaleShipment[C, R, V]
    shipmentitem: SaleShipmentitem[C, R, V]
    shipmentproperty: SaleShipmentproperty[C, R, V]
    shipmentpropertyvalue: SaleShipmentpropertyvalue[C, R, V]
    status: SaleStatus[C, R, V]
    statusLang: SaleStatusLang[C, R, V]
    tradeBinding: SaleTradeBinding[C, R, V]
    tradePlatform: SaleTradePlatform[C, R, V]
