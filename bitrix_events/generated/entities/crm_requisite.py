# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from __future__ import annotations

from typing import ClassVar

from bitrix_events.entities.base import Entity, Moment
from bitrix_events.entities.reading import Reading


class Address(Entity):
    """Catalogue: ``crm.address``."""

    kind: ClassVar[str] = "address"

    type_id: int = 0
    entity_type_id: int = 0
    entity_id: int = 0
    address_1: str = ""
    address_2: str = ""
    city: str = ""
    postal_code: str = ""
    region: str = ""
    province: str = ""
    country: str = ""
    country_code: str = ""
    loc_addr_id: int = 0
    anchor_type_id: int = 0
    anchor_id: int = 0


class BankDetail(Entity):
    """Catalogue: ``crm.requisite.bankdetail``."""

    kind: ClassVar[str] = "requisite.bankdetail"
    reading: ClassVar[Reading | None] = Reading("crm.requisite.bankdetail.get")

    id: int
    entity_id: int = 0
    country_id: int = 0
    date_create: Moment = None
    date_modify: Moment = None
    created_by_id: int = 0
    modify_by_id: int = 0
    name: str = ""
    code: str = ""
    xml_id: str = ""
    active: bool = False
    sort: int = 0
    rq_bank_name: str = ""
    rq_bank_addr: str = ""
    rq_bank_code: str = ""
    rq_agency_name: str = ""
    rq_bank_route_num: str = ""
    rq_bik: str = ""
    rq_mfo: str = ""
    rq_acc_name: str = ""
    rq_acc_num: str = ""
    rq_acc_type: str = ""
    rq_iik: str = ""
    rq_acc_currency: str = ""
    rq_cor_acc_num: str = ""
    rq_iban: str = ""
    rq_swift: str = ""
    rq_bic: str = ""
    rq_codeb: str = ""
    rq_codeg: str = ""
    rq_rib: str = ""
    comments: str = ""
    originator_id: str = ""
    entity_type_id: int = 0


class Requisite(Entity):
    """Catalogue: ``crm.requisite``."""

    kind: ClassVar[str] = "requisite"
    reading: ClassVar[Reading | None] = Reading("crm.requisite.get")

    id: int
    entity_type_id: int = 0
    entity_id: int = 0
    preset_id: int = 0
    date_create: Moment = None
    date_modify: Moment = None
    created_by_id: int = 0
    modify_by_id: int = 0
    name: str = ""
    code: str = ""
    xml_id: str = ""
    originator_id: str = ""
    active: bool = False
    address_only: bool = False
    sort: int = 0
    rq_name: str = ""
    rq_first_name: str = ""
    rq_last_name: str = ""
    rq_second_name: str = ""
    rq_company_id: str = ""
    rq_company_name: str = ""
    rq_company_full_name: str = ""
    rq_company_reg_date: str = ""
    rq_director: str = ""
    rq_accountant: str = ""
    rq_ceo_name: str = ""
    rq_ceo_work_pos: str = ""
    rq_contact: str = ""
    rq_email: str = ""
    rq_phone: str = ""
    rq_fax: str = ""
    rq_ident_type: str = ""
    rq_ident_doc: str = ""
    rq_ident_doc_ser: str = ""
    rq_ident_doc_num: str = ""
    rq_ident_doc_pers_num: str = ""
    rq_ident_doc_date: str = ""
    rq_ident_doc_issued_by: str = ""
    rq_ident_doc_dep_code: str = ""
    rq_inn: str = ""
    rq_kpp: str = ""
    rq_usrle: str = ""
    rq_ifns: str = ""
    rq_ogrn: str = ""
    rq_ogrnip: str = ""
    rq_okpo: str = ""
    rq_oktmo: str = ""
    rq_okved: str = ""
    rq_edrpou: str = ""
    rq_drfo: str = ""
    rq_kbe: str = ""
    rq_iin: str = ""
    rq_bin: str = ""
    rq_st_cert_ser: str = ""
    rq_st_cert_num: str = ""
    rq_st_cert_date: str = ""
    rq_vat_payer: bool = False
    rq_vat_id: str = ""
    rq_vat_cert_ser: str = ""
    rq_vat_cert_num: str = ""
    rq_vat_cert_date: str = ""
    rq_residence_country: str = ""
    rq_base_doc: str = ""
    rq_regon: str = ""
    rq_krs: str = ""
    rq_pesel: str = ""
    rq_legal_form: str = ""
    rq_siret: str = ""
    rq_siren: str = ""
    rq_capital: str = ""
    rq_rcs: str = ""
    rq_cnpj: str = ""
    rq_state_reg: str = ""
    rq_mnpl_reg: str = ""
    rq_cpf: str = ""


class RequisiteLink(Entity):
    """Catalogue: ``crm.requisite.link``."""

    kind: ClassVar[str] = "requisite.link"

    entity_type_id: int = 0
    entity_id: int = 0
    requisite_id: int = 0
    bank_detail_id: int = 0
    mc_requisite_id: int = 0
    mc_bank_detail_id: int = 0


class RequisitePreset(Entity):
    """Catalogue: ``crm.requisite.preset``."""

    kind: ClassVar[str] = "requisite.preset"
    reading: ClassVar[Reading | None] = Reading("crm.requisite.preset.get")

    id: int
    entity_type_id: int = 0
    country_id: int = 0
    name: str = ""
    date_create: Moment = None
    date_modify: Moment = None
    created_by_id: int = 0
    modify_by_id: int = 0
    active: bool = False
    sort: int = 0
    xml_id: str = ""


class RequisitePresetField(Entity):
    """Catalogue: ``crm.requisite.preset.field``."""

    kind: ClassVar[str] = "requisite.preset.field"
    reading: ClassVar[Reading | None] = Reading("crm.requisite.preset.field.get", needs=("preset",))

    id: int
    field_name: str = ""
    field_title: str = ""
    sort: int = 0
    in_short_list: bool = False
