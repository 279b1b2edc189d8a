# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from typing import Any, Generic

from bitrix_events.generated.methods.shared import Array, C, Order, R, V

class CrmRequisite(Generic[C, R, V]):
    """``crm.requisite``"""

    bankdetail: CrmRequisiteBankdetail[C, R, V]
    link: CrmRequisiteLink[C, R, V]
    preset: CrmRequisitePreset[C, R, V]
    userfield: CrmRequisiteUserfield[C, R, V]

    def add(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: crm.

        fields: ENTITY_TYPE_ID*, ENTITY_ID*, PRESET_ID*, NAME*, CODE, XML_ID, ORIGINATOR_ID,
          ACTIVE, ADDRESS_ONLY, SORT, RQ_NAME, RQ_FIRST_NAME, RQ_LAST_NAME, RQ_SECOND_NAME,
          RQ_COMPANY_ID, RQ_COMPANY_NAME, RQ_COMPANY_FULL_NAME, RQ_COMPANY_REG_DATE, RQ_DIRECTOR,
          RQ_ACCOUNTANT, RQ_CEO_NAME, RQ_CEO_WORK_POS, RQ_CONTACT, RQ_EMAIL, RQ_PHONE, RQ_FAX,
          RQ_IDENT_TYPE, RQ_IDENT_DOC, RQ_IDENT_DOC_SER, RQ_IDENT_DOC_NUM, RQ_IDENT_DOC_PERS_NUM,
          RQ_IDENT_DOC_DATE, RQ_IDENT_DOC_ISSUED_BY, RQ_IDENT_DOC_DEP_CODE, RQ_INN, RQ_KPP,
          RQ_USRLE, RQ_IFNS, RQ_OGRN, RQ_OGRNIP, RQ_OKPO, RQ_OKTMO, RQ_OKVED, RQ_EDRPOU, RQ_DRFO,
          RQ_KBE, RQ_IIN, RQ_BIN, RQ_ST_CERT_SER, RQ_ST_CERT_NUM, RQ_ST_CERT_DATE, RQ_VAT_PAYER,
          RQ_VAT_ID, RQ_VAT_CERT_SER, RQ_VAT_CERT_NUM, RQ_VAT_CERT_DATE, RQ_RESIDENCE_COUNTRY,
          RQ_BASE_DOC, RQ_REGON, RQ_KRS, RQ_PESEL, RQ_LEGAL_FORM, RQ_SIRET, RQ_SIREN, RQ_CAPITAL,
          RQ_RCS, RQ_CNPJ, RQ_STATE_REG, RQ_MNPL_REG, RQ_CPF, UF_CRM_....
        """

    def delete(self, *, id: int) -> C:
        """Scope: crm."""

    def fields(self) -> C:
        """Scope: crm."""

    def get(self, *, id: int) -> C:
        """Scope: crm."""

    def list(
        self,
        *,
        select: Array = ...,
        filter: Mapping[str, Any] = ...,
        order: Order = ...,
        start: int = ...,
    ) -> R:
        """Scope: crm."""

    def update(self, *, id: int, fields: Mapping[str, Any]) -> C:
        """Scope: crm.

        fields: NAME*, CODE, XML_ID, ORIGINATOR_ID, ACTIVE, ADDRESS_ONLY, SORT, RQ_NAME,
          RQ_FIRST_NAME, RQ_LAST_NAME, RQ_SECOND_NAME, RQ_COMPANY_ID, RQ_COMPANY_NAME,
          RQ_COMPANY_FULL_NAME, RQ_COMPANY_REG_DATE, RQ_DIRECTOR, RQ_ACCOUNTANT, RQ_CEO_NAME,
          RQ_CEO_WORK_POS, RQ_CONTACT, RQ_EMAIL, RQ_PHONE, RQ_FAX, RQ_IDENT_TYPE, RQ_IDENT_DOC,
          RQ_IDENT_DOC_SER, RQ_IDENT_DOC_NUM, RQ_IDENT_DOC_PERS_NUM, RQ_IDENT_DOC_DATE,
          RQ_IDENT_DOC_ISSUED_BY, RQ_IDENT_DOC_DEP_CODE, RQ_INN, RQ_KPP, RQ_USRLE, RQ_IFNS,
          RQ_OGRN, RQ_OGRNIP, RQ_OKPO, RQ_OKTMO, RQ_OKVED, RQ_EDRPOU, RQ_DRFO, RQ_KBE, RQ_IIN,
          RQ_BIN, RQ_ST_CERT_SER, RQ_ST_CERT_NUM, RQ_ST_CERT_DATE, RQ_VAT_PAYER, RQ_VAT_ID,
          RQ_VAT_CERT_SER, RQ_VAT_CERT_NUM, RQ_VAT_CERT_DATE, RQ_RESIDENCE_COUNTRY, RQ_BASE_DOC,
          RQ_REGON, RQ_KRS, RQ_PESEL, RQ_LEGAL_FORM, RQ_SIRET, RQ_SIREN, RQ_CAPITAL, RQ_RCS,
          RQ_CNPJ, RQ_STATE_REG, RQ_MNPL_REG, RQ_CPF, UF_CRM_....
        """

class CrmRequisiteBankdetail(Generic[C, R, V]):
    """``crm.requisite.bankdetail``"""

    def add(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: crm.

        fields: ENTITY_ID*, COUNTRY_ID, NAME*, CODE, XML_ID, ACTIVE, SORT, RQ_BANK_NAME,
          RQ_BANK_ADDR, RQ_BANK_CODE, RQ_BANK_ROUTE_NUM, RQ_BIK, RQ_CODEB, RQ_CODEG, RQ_RIB,
          RQ_MFO, RQ_ACC_NAME, RQ_ACC_NUM, RQ_ACC_TYPE, RQ_AGENCY_NAME, RQ_IIK, RQ_ACC_CURRENCY,
          RQ_COR_ACC_NUM, RQ_IBAN, RQ_SWIFT, RQ_BIC, COMMENTS, ORIGINATOR_ID.
        """

    def delete(self, *, id: int) -> C:
        """Scope: crm."""

    def fields(self) -> C:
        """Scope: crm."""

    def get(self, *, id: int) -> C:
        """Scope: crm."""

    def list(
        self,
        *,
        select: Array = ...,
        filter: Mapping[str, Any] = ...,
        order: Mapping[str, Any] = ...,
        start: int = ...,
    ) -> R:
        """Scope: crm.

        select: ID, ENTITY_ID, COUNTRY_ID, DATE_CREATE, DATE_MODIFY, CREATED_BY_ID, MODIFY_BY_ID,
          NAME, CODE, XML_ID, ACTIVE, SORT, RQ_BANK_NAME, RQ_BANK_ADDR, RQ_BANK_CODE,
          RQ_BANK_ROUTE_NUM, RQ_BIK, RQ_CODEB, RQ_CODEG, RQ_RIB, RQ_MFO, RQ_ACC_NAME, RQ_ACC_NUM,
          RQ_ACC_TYPE, RQ_AGENCY_NAME, RQ_IIK, RQ_ACC_CURRENCY, RQ_COR_ACC_NUM, RQ_IBAN, RQ_SWIFT,
          RQ_BIC, COMMENTS, ORIGINATOR_ID.
        filter: ID, ENTITY_ID, COUNTRY_ID, DATE_CREATE, DATE_MODIFY, CREATED_BY_ID, MODIFY_BY_ID,
          NAME, CODE, XML_ID, ACTIVE, SORT, RQ_BANK_NAME, RQ_BANK_ADDR, RQ_BANK_CODE,
          RQ_BANK_ROUTE_NUM, RQ_BIK, RQ_CODEB, RQ_CODEG, RQ_RIB, RQ_MFO, RQ_ACC_NAME, RQ_ACC_NUM,
          RQ_ACC_TYPE, RQ_AGENCY_NAME, RQ_IIK, RQ_ACC_CURRENCY, RQ_COR_ACC_NUM, RQ_IBAN, RQ_SWIFT,
          RQ_BIC, COMMENTS, ORIGINATOR_ID.
        order: ID, ENTITY_ID, COUNTRY_ID, DATE_CREATE, DATE_MODIFY, CREATED_BY_ID, MODIFY_BY_ID,
          NAME, CODE, XML_ID, ACTIVE, SORT, RQ_BANK_NAME, RQ_BANK_ADDR, RQ_BANK_CODE,
          RQ_BANK_ROUTE_NUM, RQ_BIK, RQ_CODEB, RQ_CODEG, RQ_RIB, RQ_MFO, RQ_ACC_NAME, RQ_ACC_NUM,
          RQ_ACC_TYPE, RQ_AGENCY_NAME, RQ_IIK, RQ_ACC_CURRENCY, RQ_COR_ACC_NUM, RQ_IBAN, RQ_SWIFT,
          RQ_BIC, COMMENTS, ORIGINATOR_ID.
        """

    def update(self, *, id: int, fields: Mapping[str, Any]) -> C:
        """Scope: crm.

        fields: NAME, CODE, XML_ID, ACTIVE, SORT, RQ_BANK_NAME, RQ_BANK_ADDR, RQ_BANK_CODE,
          RQ_BANK_ROUTE_NUM, RQ_BIK, RQ_CODEB, RQ_CODEG, RQ_RIB, RQ_MFO, RQ_ACC_NAME, RQ_ACC_NUM,
          RQ_ACC_TYPE, RQ_AGENCY_NAME, RQ_IIK, RQ_ACC_CURRENCY, RQ_COR_ACC_NUM, RQ_IBAN, RQ_SWIFT,
          RQ_BIC, COMMENTS, ORIGINATOR_ID.
        """

class CrmRequisiteLink(Generic[C, R, V]):
    """``crm.requisite.link``"""

    def fields(self) -> C:
        """Scope: crm."""

    def get(self, *, entityTypeId: int, entityId: int) -> C:
        """Scope: crm."""

    def list(
        self,
        *,
        select: Array = ...,
        filter: Mapping[str, Any] = ...,
        order: Mapping[str, Any] = ...,
        start: int = ...,
    ) -> R:
        """Scope: crm.

        select: ENTITY_TYPE_ID, ENTITY_ID, REQUISITE_ID, BANK_DETAIL_ID, MC_REQUISITE_ID,
          MC_BANK_DETAIL_ID.
        filter: ENTITY_TYPE_ID, ENTITY_ID, REQUISITE_ID, BANK_DETAIL_ID, MC_REQUISITE_ID,
          MC_BANK_DETAIL_ID.
        order: ENTITY_TYPE_ID, ENTITY_ID, REQUISITE_ID, BANK_DETAIL_ID, MC_REQUISITE_ID,
          MC_BANK_DETAIL_ID.
        """

    def register(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: crm.

        fields: ENTITY_TYPE_ID*, ENTITY_ID*, REQUISITE_ID*, BANK_DETAIL_ID*, MC_REQUISITE_ID*,
          MC_BANK_DETAIL_ID*.
        """

    def unregister(self, *, entityTypeId: int, entityId: int) -> C:
        """Scope: crm."""

class CrmRequisitePreset(Generic[C, R, V]):
    """``crm.requisite.preset``"""

    field: CrmRequisitePresetField[C, R, V]

    def add(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: crm.

        fields: ENTITY_TYPE_ID*, COUNTRY_ID*, NAME*, XML_ID, ACTIVE, SORT.
        """

    def countries(self) -> R:
        """Scope: crm."""

    def delete(self, *, id: int) -> C:
        """Scope: crm."""

    def fields(self) -> C:
        """Scope: crm."""

    def get(self, *, id: int) -> C:
        """Scope: crm."""

    def list(
        self,
        *,
        select: Array = ...,
        filter: Mapping[str, Any] = ...,
        order: Mapping[str, Any] = ...,
        start: int = ...,
    ) -> R:
        """Scope: crm.

        select: ID, ENTITY_TYPE_ID, COUNTRY_ID, DATE_CREATE, DATE_MODIFY, CREATED_BY_ID,
          MODIFY_BY_ID, NAME, XML_ID, ACTIVE, SORT.
        filter: ID, ENTITY_TYPE_ID, COUNTRY_ID, DATE_CREATE, DATE_MODIFY, CREATED_BY_ID,
          MODIFY_BY_ID, NAME, XML_ID, ACTIVE, SORT.
        order: ID, ENTITY_TYPE_ID, COUNTRY_ID, DATE_CREATE, DATE_MODIFY, CREATED_BY_ID,
          MODIFY_BY_ID, NAME, XML_ID, ACTIVE, SORT.
        """

    def update(self, *, id: int, fields: Array) -> C:
        """Scope: crm.

        fields: NAME*, XML_ID, ACTIVE, SORT.
        """

class CrmRequisitePresetField(Generic[C, R, V]):
    """``crm.requisite.preset.field``"""

    def add(self, *, preset: Mapping[str, Any], fields: Mapping[str, Any]) -> C:
        """Scope: crm.

        fields: FIELD_NAME*, FIELD_TITLE, SORT, IN_SHORT_LIST.
        """

    def availabletoadd(self, *, preset: Mapping[str, Any]) -> C:
        """Scope: crm."""

    def delete(self, *, id: int, preset: Mapping[str, Any]) -> C:
        """Scope: crm."""

    def fields(self) -> C:
        """Scope: crm."""

    def get(self, *, id: int, preset: Mapping[str, Any]) -> C:
        """Scope: crm."""

    def list(self, *, preset: Mapping[str, Any]) -> R:
        """Scope: crm."""

    def update(self, *, id: int, preset: Mapping[str, Any], fields: Mapping[str, Any]) -> C:
        """Scope: crm.

        fields: FIELD_NAME*, FIELD_TITLE, SORT, IN_SHORT_LIST.
        """

class CrmRequisiteUserfield(Generic[C, R, V]):
    """``crm.requisite.userfield``"""

    def add(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: crm.

        fields: ENTITY_ID*, FIELD_NAME*, USER_TYPE_ID*, XML_ID, SORT, MULTIPLE, MANDATORY,
          SHOW_FILTER, SHOW_IN_LIST, EDIT_IN_LIST, IS_SEARCHABLE, EDIT_FORM_LABEL,
          LIST_COLUMN_LABEL, LIST_FILTER_LABEL, ERROR_MESSAGE, HELP_MESSAGE, LIST, SETTINGS.
        """

    def delete(self, *, id: int) -> C:
        """Scope: crm."""

    def get(self, *, id: int) -> C:
        """Scope: crm."""

    def list(self, *, order: Mapping[str, Any] = ..., filter: Mapping[str, Any] = ...) -> R:
        """Scope: crm.

        filter: ID, ENTITY_ID, FIELD_NAME*, USER_TYPE_ID*, XML_ID, SORT, MULTIPLE, MANDATORY,
          SHOW_FILTER, SHOW_IN_LIST, EDIT_IN_LIST, IS_SEARCHABLE, EDIT_FORM_LABEL,
          LIST_COLUMN_LABEL, LIST_FILTER_LABEL, ERROR_MESSAGE, HELP_MESSAGE, LIST, SETTINGS.
        """

    def update(self, *, id: int, fields: Mapping[str, Any]) -> C:
        """Scope: crm.

        fields: XML_ID, SORT, MULTIPLE, MANDATORY, SHOW_FILTER, SHOW_IN_LIST, EDIT_IN_LIST,
          IS_SEARCHABLE, EDIT_FORM_LABEL, LIST_COLUMN_LABEL, LIST_FILTER_LABEL, ERROR_MESSAGE,
          HELP_MESSAGE, LIST, SETTINGS.
        """
