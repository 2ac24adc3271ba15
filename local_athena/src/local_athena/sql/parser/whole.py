"""The parser put together."""

from __future__ import annotations

from local_athena.sql import nodes
from local_athena.sql.errors import SqlError
from local_athena.sql.parser.statements import StatementParser


class Parser(StatementParser):
    """All of Trino's grammar that Athena takes."""

    def match_recognize(self, at: nodes.At, relation: nodes.Relation) -> nodes.Relation:
        raise SqlError("NOT_SUPPORTED", "MATCH_RECOGNIZE is not supported", self.at())

    def only_expression(self) -> nodes.Expression:
        """An expression and nothing after it."""
        found = self.expression()
        self.finish()
        return found

    def only_type(self) -> nodes.TypeName:
        """A type and nothing after it."""
        found = self.type()
        self.finish()
        return found
