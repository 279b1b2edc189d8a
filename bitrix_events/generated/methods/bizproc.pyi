# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping, Sequence
from typing import Any, Generic, Literal

from bitrix_events.generated.methods.shared import Array, C, Order, R, Upload, V

class Bizproc(Generic[C, R, V]):
    """``bizproc``"""

    activity: BizprocActivity[C, R, V]
    event: BizprocEvent[C, R, V]
    robot: BizprocRobot[C, R, V]
    task: BizprocTask[C, R, V]
    workflow: BizprocWorkflow[C, R, V]

class BizprocActivity(Generic[C, R, V]):
    """``bizproc.activity``"""

    def add(
        self,
        *,
        CODE: str,
        HANDLER: str,
        NAME: str | Mapping[str, Any],
        AUTH_USER_ID: int = ...,
        USE_SUBSCRIPTION: Literal["Y", "N"] = ...,
        DESCRIPTION: str | Mapping[str, Any] = ...,
        PROPERTIES: Mapping[str, Any] = ...,
        RETURN_PROPERTIES: Mapping[str, Any] = ...,
        DOCUMENT_TYPE: Array = ...,
        FILTER: Mapping[str, Any] = ...,
        USE_PLACEMENT: Literal["Y", "N"] = ...,
        PLACEMENT_HANDLER: str = ...,
    ) -> C:
        """Scope: bizproc.

        PROPERTIES: Name, Description, Type, Options, Required, Multiple, Default.
        RETURN_PROPERTIES: Name, Description, Type, Options, Required, Multiple, Default.
        FILTER: INCLUDE, EXCLUDE, b24, box.
        """

    def delete(self, *, CODE: str) -> C:
        """Scope: bizproc."""

    def list(self) -> V:
        """Scope: bizproc."""

    def log(self, *, EVENT_TOKEN: str, LOG_MESSAGE: str) -> C:
        """Scope: bizproc."""

    def update(self, *, CODE: str, FIELDS: Mapping[str, Any]) -> C:
        """Scope: bizproc.

        FIELDS: HANDLER, AUTH_USER_ID, USE_SUBSCRIPTION, NAME, DESCRIPTION, PROPERTIES,
          RETURN_PROPERTIES, DOCUMENT_TYPE, FILTER, USE_PLACEMENT, PLACEMENT_HANDLER.
        """

class BizprocEvent(Generic[C, R, V]):
    """``bizproc.event``"""

    def send(
        self,
        *,
        EVENT_TOKEN: str,
        RETURN_VALUES: Mapping[str, Any] = ...,
        LOG_MESSAGE: str = ...,
    ) -> C:
        """Scope: bizproc."""

class BizprocRobot(Generic[C, R, V]):
    """``bizproc.robot``"""

    def add(
        self,
        *,
        CODE: str,
        HANDLER: str,
        NAME: str | Mapping[str, Any],
        AUTH_USER_ID: int = ...,
        USE_SUBSCRIPTION: Literal["Y", "N"] = ...,
        DESCRIPTION: str | Mapping[str, Any] = ...,
        PROPERTIES: Mapping[str, Any] = ...,
        RETURN_PROPERTIES: Mapping[str, Any] = ...,
        DOCUMENT_TYPE: Array = ...,
        FILTER: Mapping[str, Any] = ...,
        USE_PLACEMENT: Literal["Y", "N"] = ...,
        PLACEMENT_HANDLER: str = ...,
    ) -> C:
        """Scope: bizproc.

        PROPERTIES: Name, Description, Type, Options, Required, Multiple, Default.
        RETURN_PROPERTIES: Name, Description, Type, Options, Required, Multiple, Default.
        FILTER: INCLUDE, EXCLUDE, b24, box.
        """

    def delete(self, *, CODE: str) -> C:
        """Scope: bizproc."""

    def list(self) -> V:
        """Scope: bizproc."""

    def update(self, *, CODE: str, FIELDS: Mapping[str, Any]) -> C:
        """Scope: bizproc.

        FIELDS: HANDLER, AUTH_USER_ID, USE_SUBSCRIPTION, NAME, DESCRIPTION, PROPERTIES,
          RETURN_PROPERTIES, DOCUMENT_TYPE, FILTER, USE_PLACEMENT, PLACEMENT_HANDLER.
        """

class BizprocTask(Generic[C, R, V]):
    """``bizproc.task``"""

    def complete(
        self,
        *,
        TASK_ID: int,
        STATUS: Literal[1, "1", "yes", 2, "2", "no", 3, "3", "ok", 4, "4", "cancel"],
        COMMENT: str = ...,
        FIELDS: Mapping[str, Any] = ...,
    ) -> C:
        """Scope: bizproc."""

    def delegate(self, *, TASK_IDS: Array, FROM_USER_ID: int, TO_USER_ID: int) -> C:
        """Scope: bizproc."""

    def list(
        self,
        *,
        SELECT: Array = ...,
        FILTER: Mapping[str, Any] = ...,
        ORDER: Mapping[str, Any] = ...,
        START: int = ...,
    ) -> R:
        """Scope: bizproc.

        SELECT: ID, WORKFLOW_ID, DOCUMENT_NAME, DESCRIPTION, NAME, MODIFIED, WORKFLOW_STARTED,
          WORKFLOW_STARTED_BY, OVERDUE_DATE, WORKFLOW_TEMPLATE_ID, WORKFLOW_TEMPLATE_NAME,
          WORKFLOW_STATE, STATUS, USER_ID, USER_STATUS, MODULE_ID, ENTITY, DOCUMENT_ID, ACTIVITY,
          ACTIVITY_NAME, PARAMETERS, DOCUMENT_URL.
        FILTER: ID, WORKFLOW_ID, DOCUMENT_NAME, DESCRIPTION, NAME, MODIFIED, WORKFLOW_STARTED,
          WORKFLOW_STARTED_BY, OVERDUE_DATE, WORKFLOW_TEMPLATE_ID, WORKFLOW_TEMPLATE_NAME,
          WORKFLOW_STATE, STATUS, USER_ID, USER_STATUS, MODULE_ID, ENTITY, DOCUMENT_ID, ACTIVITY,
          ACTIVITY_NAME, PARAMETERS, DOCUMENT_URL.
        ORDER: ID, WORKFLOW_ID, DOCUMENT_NAME, DESCRIPTION, NAME, MODIFIED, WORKFLOW_STARTED,
          WORKFLOW_STARTED_BY, OVERDUE_DATE, WORKFLOW_TEMPLATE_ID, WORKFLOW_TEMPLATE_NAME,
          WORKFLOW_STATE, STATUS, USER_ID, USER_STATUS, MODULE_ID, ENTITY, DOCUMENT_ID, ACTIVITY,
          ACTIVITY_NAME, PARAMETERS, DOCUMENT_URL.
        """

class BizprocWorkflow(Generic[C, R, V]):
    """``bizproc.workflow``"""

    instance: BizprocWorkflowInstance[C, R, V]
    template: BizprocWorkflowTemplate[C, R, V]

    def instances(
        self,
        *,
        SELECT: Sequence[
            Literal[
                "ID",
                "MODIFIED",
                "OWNED_UNTIL",
                "MODULE_ID",
                "ENTITY",
                "DOCUMENT_ID",
                "STARTED",
                "STARTED_BY",
                "TEMPLATE_ID",
            ]
        ] = ...,
        FILTER: Mapping[str, Any] = ...,
        ORDER: Order = ...,
        start: int = ...,
    ) -> R:
        """Scope: bizproc."""

    def kill(self, *, ID: int) -> C:
        """Scope: bizproc."""

    def start(
        self,
        *,
        TEMPLATE_ID: int,
        DOCUMENT_ID: Array,
        PARAMETERS: Mapping[str, Any] = ...,
    ) -> C:
        """Scope: bizproc."""

    def terminate(self, *, ID: str, STATUS: str = ...) -> C:
        """Scope: bizproc."""

class BizprocWorkflowInstance(Generic[C, R, V]):
    """``bizproc.workflow.instance``"""

    def list(
        self,
        *,
        SELECT: Sequence[
            Literal[
                "ID",
                "MODIFIED",
                "OWNED_UNTIL",
                "MODULE_ID",
                "ENTITY",
                "DOCUMENT_ID",
                "STARTED",
                "STARTED_BY",
                "TEMPLATE_ID",
            ]
        ] = ...,
        FILTER: Mapping[str, Any] = ...,
        ORDER: Order = ...,
        start: int = ...,
    ) -> R:
        """Scope: bizproc."""

class BizprocWorkflowTemplate(Generic[C, R, V]):
    """``bizproc.workflow.template``"""

    def add(
        self,
        *,
        DOCUMENT_TYPE: Array,
        NAME: str,
        TEMPLATE_DATA: Upload,
        DESCRIPTION: str = ...,
        AUTO_EXECUTE: Literal[0, 1, 2, 3] = ...,
    ) -> C:
        """Scope: bizproc."""

    def delete(self, *, ID: int) -> C:
        """Scope: bizproc."""

    def list(
        self,
        *,
        SELECT: Array = ...,
        FILTER: Mapping[str, Any] = ...,
        ORDER: Mapping[str, Any] = ...,
        start: int = ...,
    ) -> R:
        """Scope: bizproc.

        SELECT: ID, MODULE_ID, ENTITY, DOCUMENT_TYPE, AUTO_EXECUTE, NAME, TEMPLATE, PARAMETERS,
          VARIABLES, CONSTANTS, MODIFIED, IS_MODIFIED, USER_ID, SYSTEM_CODE.
        FILTER: ID, MODULE_ID, ENTITY, DOCUMENT_TYPE, AUTO_EXECUTE, NAME, TEMPLATE, PARAMETERS,
          VARIABLES, CONSTANTS, MODIFIED, IS_MODIFIED, USER_ID, SYSTEM_CODE.
        ORDER: ID, MODULE_ID, ENTITY, DOCUMENT_TYPE, AUTO_EXECUTE, NAME, TEMPLATE, PARAMETERS,
          VARIABLES, CONSTANTS, MODIFIED, IS_MODIFIED, USER_ID, SYSTEM_CODE.
        """

    def update(self, *, ID: str, FIELDS: Mapping[str, Any]) -> C:
        """Scope: bizproc.

        FIELDS: NAME, DESCRIPTION, TEMPLATE_DATA, AUTO_EXECUTE.
        """
