# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from typing import Any, Generic, Literal

from typing_extensions import deprecated

from bitrix_events.generated.methods.shared import C, R, V

class ImbotApp(Generic[C, R, V]):
    """``imbot.app``"""

    @deprecated("the documentation names no replacement")
    def register(
        self,
        *,
        BOT_ID: Any = ...,
        CODE: Any = ...,
        JS_METHOD: Literal["PUT", "SEND", "CALL", "SUPPORT"] = ...,
        JS_PARAM: Any = ...,
        ICON_FILE: Any = ...,
        CONTEXT: Literal["ALL", "USER", "CHAT", "BOT", "LINES", "CALL"] = ...,
        EXTRANET_SUPPORT: Any = ...,
        LIVECHAT_SUPPORT: Any = ...,
        IFRAME_POPUP: Any = ...,
        LANG: Any = ...,
        LANGUAGE_ID: Any = ...,
        TITLE: Any = ...,
        DESCRIPTION: Any = ...,
        IFRAME: Any = ...,
        IFRAME_WIDTH: Any = ...,
        IFRAME_HEIGHT: Any = ...,
        HASH: Any = ...,
        HIDDEN: Any = ...,
        COPYRIGHT: Any = ...,
    ) -> C:
        """Scope: imbot."""

    @deprecated("the documentation names no replacement")
    def unregister(self, *, APP_ID: Any = ...) -> C:
        """Scope: imbot."""

    @deprecated("the documentation names no replacement")
    def update(
        self,
        *,
        APP_ID: Any,
        IFRAME: Any = ...,
        IFRAME_WIDTH: Any = ...,
        IFRAME_HEIGHT: Any = ...,
        JS_METHOD: Any = ...,
        JS_PARAM: Any = ...,
        HASH: Any = ...,
        ICON_FILE: Any = ...,
        CONTEXT: Any = ...,
        EXTRANET_SUPPORT: Any = ...,
        LIVECHAT_SUPPORT: Any = ...,
        IFRAME_POPUP: Any = ...,
        LANG: Any = ...,
        LANGUAGE_ID: Any = ...,
        TITLE: Any = ...,
        DESCRIPTION: Any = ...,
        COPYRIGHT: Any = ...,
    ) -> C:
        """Scope: imbot."""
