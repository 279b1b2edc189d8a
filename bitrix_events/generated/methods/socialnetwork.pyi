# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from typing import Any, Generic

from bitrix_events.generated.methods.shared import Array, C, R, V

class Socialnetwork(Generic[C, R, V]):
    """``socialnetwork``"""

    api: SocialnetworkApi[C, R, V]

class SocialnetworkApi(Generic[C, R, V]):
    """``socialnetwork.api``"""

    workgroup: SocialnetworkApiWorkgroup[C, R, V]

class SocialnetworkApiWorkgroup(Generic[C, R, V]):
    """``socialnetwork.api.workgroup``"""

    def get(self, *, params: Mapping[str, Any]) -> C:
        """Scope: socialnetwork.

        params: groupId*, select, mode.
        """

    def list(
        self,
        *,
        filter: Mapping[str, Any] = ...,
        select: Array = ...,
        order: Mapping[str, Any] = ...,
        params: Mapping[str, Any] = ...,
        start: int = ...,
    ) -> R:
        """Scope: socialnetwork.

        filter: ID, NAME, OWNER_ID, ACTIVE, VISIBLE, OPENED, CLOSED, PROJECT, SUBJECT_ID, SITE_ID,
          DATE_CREATE, DATE_UPDATE, DATE_ACTIVITY.
        select: ID, ACTIVE, SUBJECT_ID, NAME, DESCRIPTION, KEYWORDS, CLOSED, VISIBLE, OPENED,
          PROJECT, LANDING, DATE_CREATE, DATE_UPDATE, DATE_ACTIVITY, IMAGE_ID, AVATAR_TYPE,
          OWNER_ID, NUMBER_OF_MEMBERS, NUMBER_OF_MODERATORS, INITIATE_PERMS, PROJECT_DATE_START,
          PROJECT_DATE_FINISH, SCRUM_OWNER_ID, SCRUM_MASTER_ID, SCRUM_SPRINT_DURATION,
          SCRUM_TASK_RESPONSIBLE, TYPE, AVATAR.
        order: ID, NAME, OWNER_ID, ACTIVE, VISIBLE, OPENED, CLOSED, PROJECT, SUBJECT_ID, SITE_ID,
          DATE_CREATE, DATE_UPDATE, DATE_ACTIVITY.
        params: IS_ADMIN, siteId, mode, features, mandatoryFeatures, shouldSelectDialogId.
        """
