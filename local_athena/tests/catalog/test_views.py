"""Presto views; the encoded text is one that Trino's own tests have the form of."""

import base64
import json

import pytest
from local_athena.catalog.views import View, ViewColumn, decode_view, encode_view, is_presto_view
from local_athena.errors import ViewEncodingError

VIEW = View(
    sql="SELECT a, 'ação' b FROM t",
    columns=(ViewColumn("a", "bigint"), ViewColumn("b", "varchar(4)", "a note")),
    schema="sales",
    owner="me",
)


def test_encode_view__text__is_trinos_json_in_base64() -> None:
    text = encode_view(VIEW)
    assert text.startswith("/* Presto View: ")
    assert text.endswith(" */")
    body = json.loads(base64.b64decode(text[len("/* Presto View: ") : -len(" */")]))
    assert body["originalSql"] == VIEW.sql
    assert body["catalog"] == "awsdatacatalog"
    assert body["columns"][0] == {"name": "a", "type": "bigint"}


def test_decode_view__encoded_view__comes_back() -> None:
    assert decode_view(encode_view(VIEW)) == VIEW
    assert is_presto_view(encode_view(VIEW))


def test_decode_view__members_of_other_writers__are_ignored() -> None:
    body = {"originalSql": "SELECT 1", "columns": [], "runAsInvoker": True, "path": []}
    text = f"/* Presto View: {base64.b64encode(json.dumps(body).encode()).decode()} */"
    assert decode_view(text).sql == "SELECT 1"


@pytest.mark.parametrize("text", [None, "", "SELECT 1", "/* Presto View: ### */",
                                  "/* Presto View: e30= */"])  # fmt: skip
def test_decode_view__something_else__is_refused(text: str | None) -> None:
    with pytest.raises(ViewEncodingError):
        decode_view(text)
