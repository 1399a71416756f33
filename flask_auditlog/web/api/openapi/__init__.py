"""The API described in OpenAPI 3.1, of what its own code reads and answers.

Parameters are those of ``web/args``, bodies the marshmallow schemas that read them, events the
structs that are stored, errors the table of ``web/problems``, and the sentences those of
the views. https://spec.openapis.org/oas/v3.1.1
"""

from __future__ import annotations

from .document import document

__all__ = ["document"]
