"""``audit.define``: the catalogue of an app's types, as it is written down."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from typing import TYPE_CHECKING

from ...settings import Policy
from .definition import Catalogue
from .lock import check_catalogue

if TYPE_CHECKING:
    from marshmallow import Schema


class Defining:
    """The types that the host app defines."""

    def __init__(self) -> None:
        super().__init__()
        self.catalogue = Catalogue()

    def define(
        self,
        type: str,  # noqa: A002 (the word of the wire format)
        *,
        schema: Schema | type[Schema] | None = None,
        description: str = "",
        example: Mapping[str, Any] | None = None,
        version: int = 1,
        invalid: Policy | None = None,
    ) -> None:
        """Define a type of event. Each event of it is checked before it is stored.

        Values are stored as they were given and not converted: ``fields.Integer()`` means a
        whole number in JSON, and ``"12"`` is none.

        :param type: the type, as ``invoice.paid``; also one of ``access.`` or ``admin.``.
        :param schema: the marshmallow schema of ``details``. Without one they may be anything.
        :param description: what such an event says, in one sentence.
        :param example: an example of ``details``. It must follow the schema.
        :param version: raise it when what was right before is no longer right.
        :param invalid: what becomes of an event that does not follow: ``refuse`` or ``flag``.
            By default what comes over the API is refused, and what Python records is kept and
            flagged. Types of ``access.``, ``admin.`` and ``system.`` are always flagged.
        :raises ConfigError: when it cannot be, or the type is defined already in another way.
        """
        # marshmallow is slow to import, and for those alone who define a type.
        making = importlib.import_module(f"{__package__}.making")
        self.catalogue.add(
            making.definition_of(
                type,
                schema=schema,
                description=description,
                example=example,
                version=version,
                invalid=invalid,
            )
        )

    def check_catalogue(self, path: str | Path) -> None:
        """Assert in a test that the defined types are those of a lock file.

        Write the file with ``flask auditlog types --lock``, and keep it with the code.

        :raises AssertionError: says what was changed without a new version.
        """
        check_catalogue(self.catalogue, Path(path))
