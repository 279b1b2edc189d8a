# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping, Sequence
from typing import Any, Generic, Literal

from bitrix_events.generated.methods.shared import C, R, V

class Note(Generic[C, R, V]):
    """``note``"""

    collection: NoteCollection[C, R, V]
    document: NoteDocument[C, R, V]
    file: NoteFile[C, R, V]

class NoteCollection(Generic[C, R, V]):
    """``note.collection``"""

    field: NoteCollectionField[C, R, V]

    def add(self, *, fields: Mapping[str, Any], idempotency_key: str | None = ...) -> C:
        """Scope: note.

        fields: name*, position.
        """

    def archive(self, *, id: int, idempotency_key: str | None = ...) -> C:
        """Scope: note."""

    def delete(self, *, id: int, idempotency_key: str | None = ...) -> C:
        """Scope: note."""

    def get(self, *, id: int) -> C:
        """Scope: note."""

    def list(self, *, pagination: Mapping[str, Any] = ...) -> R:
        """Scope: note.

        pagination: limit, afterCursor.
        """

    def update(self, *, id: int, fields: Mapping[str, Any], idempotency_key: str | None = ...) -> C:
        """Scope: note.

        fields: name*.
        """

class NoteCollectionField(Generic[C, R, V]):
    """``note.collection.field``"""

    def get(
        self,
        *,
        name: Literal[
            "id",
            "name",
            "position",
            "policyLevel",
            "createdBy",
            "createdAt",
            "updatedBy",
            "updatedAt",
        ],
        select: Sequence[
            Literal[
                "name",
                "type",
                "title",
                "description",
                "validationRules",
                "requiredGroups",
                "filterable",
                "sortable",
                "editable",
                "multiple",
                "elementType",
            ]
        ] = ...,
    ) -> C:
        """Scope: note."""

    def list(
        self,
        *,
        select: Sequence[
            Literal[
                "name",
                "type",
                "title",
                "description",
                "validationRules",
                "requiredGroups",
                "filterable",
                "sortable",
                "editable",
                "multiple",
                "elementType",
            ]
        ] = ...,
    ) -> R:
        """Scope: note."""

class NoteDocument(Generic[C, R, V]):
    """``note.document``"""

    field: NoteDocumentField[C, R, V]
    search: NoteDocumentSearch[C, R, V]
    tree: NoteDocumentTree[C, R, V]

    def add(self, *, fields: Mapping[str, Any], idempotency_key: str | None = ...) -> C:
        """Scope: note.

        fields: collectionId*, title*, parentId, markdown.
        """

    def archive(self, *, id: int, idempotency_key: str | None = ...) -> C:
        """Scope: note."""

    def delete(self, *, id: int, idempotency_key: str | None = ...) -> C:
        """Scope: note."""

    def get(self, *, id: int) -> C:
        """Scope: note."""

    def update(
        self,
        *,
        id: int,
        fields: Mapping[str, Any],
        overwrite: bool = ...,
        idempotency_key: str | None = ...,
    ) -> C:
        """Scope: note.

        fields: title, markdown.
        """

class NoteDocumentField(Generic[C, R, V]):
    """``note.document.field``"""

    def get(
        self,
        *,
        name: Literal[
            "id",
            "collectionId",
            "parentId",
            "title",
            "markdown",
            "position",
            "createdBy",
            "createdAt",
            "updatedBy",
            "updatedAt",
        ],
        select: Sequence[
            Literal[
                "name",
                "type",
                "title",
                "description",
                "validationRules",
                "requiredGroups",
                "filterable",
                "sortable",
                "editable",
                "multiple",
                "elementType",
            ]
        ] = ...,
    ) -> C:
        """Scope: note."""

    def list(
        self,
        *,
        select: Sequence[
            Literal[
                "name",
                "type",
                "title",
                "description",
                "validationRules",
                "requiredGroups",
                "filterable",
                "sortable",
                "editable",
                "multiple",
                "elementType",
            ]
        ] = ...,
    ) -> R:
        """Scope: note."""

class NoteDocumentSearch(Generic[C, R, V]):
    """``note.document.search``"""

    field: NoteDocumentSearchField[C, R, V]

    def list(self, *, query: str, pagination: Mapping[str, Any] = ...) -> R:
        """Scope: note.

        pagination: limit.
        """

class NoteDocumentSearchField(Generic[C, R, V]):
    """``note.document.search.field``"""

    def get(
        self,
        *,
        name: Literal["documentId", "collectionId", "title", "score", "snippet", "sharedAccess"],
        select: Sequence[
            Literal[
                "name",
                "type",
                "title",
                "description",
                "validationRules",
                "requiredGroups",
                "filterable",
                "sortable",
                "editable",
                "multiple",
                "elementType",
            ]
        ] = ...,
    ) -> C:
        """Scope: note."""

    def list(
        self,
        *,
        select: Sequence[
            Literal[
                "name",
                "type",
                "title",
                "description",
                "validationRules",
                "requiredGroups",
                "filterable",
                "sortable",
                "editable",
                "multiple",
                "elementType",
            ]
        ] = ...,
    ) -> R:
        """Scope: note."""

class NoteDocumentTree(Generic[C, R, V]):
    """``note.document.tree``"""

    field: NoteDocumentTreeField[C, R, V]

    def list(self, *, collectionId: int) -> R:
        """Scope: note."""

class NoteDocumentTreeField(Generic[C, R, V]):
    """``note.document.tree.field``"""

    def get(
        self,
        *,
        name: Literal["id", "collectionId", "parentId", "title", "position", "children"],
        select: Sequence[
            Literal[
                "name",
                "type",
                "title",
                "description",
                "validationRules",
                "requiredGroups",
                "filterable",
                "sortable",
                "editable",
                "multiple",
                "elementType",
            ]
        ] = ...,
    ) -> C:
        """Scope: note."""

    def list(
        self,
        *,
        select: Sequence[
            Literal[
                "name",
                "type",
                "title",
                "description",
                "validationRules",
                "requiredGroups",
                "filterable",
                "sortable",
                "editable",
                "multiple",
                "elementType",
            ]
        ] = ...,
    ) -> R:
        """Scope: note."""

class NoteFile(Generic[C, R, V]):
    """``note.file``"""

    field: NoteFileField[C, R, V]

    def add(
        self,
        *,
        documentId: int,
        fileName: str,
        fileContent: str,
        idempotency_key: str | None = ...,
    ) -> C:
        """Scope: note."""

    def get(self, *, id: int, documentId: int) -> C:
        """Scope: note."""

class NoteFileField(Generic[C, R, V]):
    """``note.file.field``"""

    def get(
        self,
        *,
        name: Literal["id", "documentId", "name", "size", "mimeType", "assetType", "assetMarkdown"],
        select: Sequence[
            Literal[
                "name",
                "type",
                "title",
                "description",
                "validationRules",
                "requiredGroups",
                "filterable",
                "sortable",
                "editable",
                "multiple",
                "elementType",
            ]
        ] = ...,
    ) -> C:
        """Scope: note."""

    def list(
        self,
        *,
        select: Sequence[
            Literal[
                "name",
                "type",
                "title",
                "description",
                "validationRules",
                "requiredGroups",
                "filterable",
                "sortable",
                "editable",
                "multiple",
                "elementType",
            ]
        ] = ...,
    ) -> R:
        """Scope: note."""
