"""Views as Athena keeps them in Glue: `/* Presto View: <base64 of JSON> */`.

The JSON has originalSql, catalog, schema, columns [{name, type}] (Trino types), owner, runAsInvoker
and properties (io.trino.plugin.hive.ViewReaderUtil, Trino 476).
"""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from local_athena.errors import ViewEncodingError

PREFIX = "/* Presto View: "
SUFFIX = " */"
EXPANDED_TEXT = "/* Presto View */"


@dataclass(frozen=True, slots=True)
class ViewColumn:
    """A column of a view: Trino's type text, as `varchar(10)` or `row(a integer)`."""

    name: str
    type: str
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class View:
    """A Presto view: its query text and what names in it resolve against."""

    sql: str
    columns: tuple[ViewColumn, ...]
    catalog: str = "awsdatacatalog"
    schema: str | None = None
    owner: str | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)


def encode_view(view: View) -> str:
    """ViewOriginalText of a Presto view."""
    body = {
        "originalSql": view.sql,
        "catalog": view.catalog,
        "schema": view.schema,
        "columns": [_column(column) for column in view.columns],
        "owner": view.owner,
        "runAsInvoker": False,
        "properties": dict(view.properties),
    }
    text = json.dumps({name: value for name, value in body.items() if value is not None})
    return PREFIX + base64.b64encode(text.encode()).decode() + SUFFIX


def is_presto_view(view_original_text: str | None) -> bool:
    """Whether the text is an encoded Presto view (else: Hive's SQL, or nothing)."""
    return bool(view_original_text) and str(view_original_text).startswith(PREFIX)


def decode_view(view_original_text: str | None) -> View:
    """The view behind a ViewOriginalText.

    Raises:
        ViewEncodingError: it is not of the encoded form.
    """
    text = (view_original_text or "").strip()
    if not (text.startswith(PREFIX) and text.endswith(SUFFIX)):
        raise ViewEncodingError("the view's text is not of the form /* Presto View: base64 */")
    try:
        body = json.loads(base64.b64decode(text[len(PREFIX) : -len(SUFFIX)], validate=True))
        return View(
            sql=body["originalSql"],
            columns=tuple(
                ViewColumn(column["name"], column["type"], column.get("comment"))
                for column in body.get("columns") or ()
            ),
            catalog=body.get("catalog") or "awsdatacatalog",
            schema=body.get("schema"),
            owner=body.get("owner"),
            properties=body.get("properties") or {},
        )
    except (binascii.Error, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ViewEncodingError(f"the view's text cannot be decoded: {error}") from error


def _column(column: ViewColumn) -> dict[str, str]:
    body = {"name": column.name, "type": column.type}
    if column.comment is not None:
        body["comment"] = column.comment
    return body
