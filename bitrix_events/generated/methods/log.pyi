# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from typing import Any, Generic, Literal

from bitrix_events.generated.methods.shared import Array, C, R, V

class Log(Generic[C, R, V]):
    """``log``"""

    blogcomment: LogBlogcomment[C, R, V]
    blogpost: LogBlogpost[C, R, V]

class LogBlogcomment(Generic[C, R, V]):
    """``log.blogcomment``"""

    user: LogBlogcommentUser[C, R, V]

    def add(self, *, POST_ID: int, TEXT: str, FILES: Array = ..., USER_ID: int = ...) -> C:
        """Scope: log."""

    def delete(self, *, COMMENT_ID: int, USER_ID: int = ...) -> C:
        """Scope: log."""

class LogBlogcommentUser(Generic[C, R, V]):
    """``log.blogcomment.user``"""

    def get(
        self,
        *,
        USER_ID: int = ...,
        FIRST_ID: int = ...,
        LAST_ID: int = ...,
        LIMIT: int = ...,
    ) -> R:
        """Scope: log."""

class LogBlogpost(Generic[C, R, V]):
    """``log.blogpost``"""

    getusers: LogBlogpostGetusers[C, R, V]

    def add(
        self,
        *,
        POST_MESSAGE: str,
        POST_TITLE: str = ...,
        DEST: Array = ...,
        SPERM: Array = ...,
        FILES: Array = ...,
        IMPORTANT: Literal["Y", "N"] = ...,
        IMPORTANT_DATE_END: str = ...,
        SITE_ID: str = ...,
        USER_ID: int = ...,
        TAGS: str = ...,
        BACKGROUND_CODE: str = ...,
        PARSE_PREVIEW: Literal["Y", "N"] = ...,
        **others: Any,
    ) -> C:
        """Scope: log.

        Takes ``UF_*``.
        UF_*: UF_BLOG_POST_FILE, UF_BLOG_POST_IMPRTNT, UF_IMPRTANT_DATE_END, UF_BLOG_POST_URL_PRV,
          UF_GRATITUDE, UF_BLOG_POST_VOTE.
        """

    def delete(self, *, POST_ID: int) -> C:
        """Scope: log."""

    def get(
        self,
        *,
        POST_ID: int = ...,
        LOG_RIGHTS: Array = ...,
        LOG_DATE_FROM: str = ...,
        LOG_DATE_TO: str = ...,
        FIRST_ID: int = ...,
        LAST_ID: int = ...,
        LIMIT: int = ...,
        start: int = ...,
    ) -> R:
        """Scope: log."""

    def share(self, *, POST_ID: int, DEST: Array, USER_ID: int = ...) -> C:
        """Scope: log."""

    def update(
        self,
        *,
        POST_ID: int,
        POST_MESSAGE: str = ...,
        POST_TITLE: str = ...,
        DEST: Array = ...,
        SPERM: Array = ...,
        FILES: Array = ...,
        IMPORTANT: Literal["Y", "N"] = ...,
        IMPORTANT_DATE_END: str = ...,
        SITE_ID: str = ...,
        USER_ID: int = ...,
        **others: Any,
    ) -> C:
        """Scope: log.

        Takes ``UF_*``.
        UF_*: UF_BLOG_POST_FILE, UF_BLOG_POST_IMPRTNT, UF_IMPRTANT_DATE_END, UF_BLOG_POST_URL_PRV,
          UF_GRATITUDE, UF_BLOG_POST_VOTE.
        """

class LogBlogpostGetusers(Generic[C, R, V]):
    """``log.blogpost.getusers``"""

    def important(self, *, POST_ID: int) -> C:
        """Scope: log."""
