"""What stands in FROM: tables, joins, subqueries, UNNEST, samples and their aliases."""

from __future__ import annotations

from local_athena.sql import nodes
from local_athena.sql.errors import SqlError
from local_athena.sql.nodes import Expression, Identifier, Relation
from local_athena.sql.parser import lexer
from local_athena.sql.parser.json_calls import JsonParser


class RelationParser(JsonParser):
    """Trino's `relation` rule."""

    def alias(self) -> Identifier | None:
        """`[AS] name`, unless the name begins the next clause."""
        if self.accept("AS"):
            return self.identifier()
        if self.names[self.index] and not self._at_clause():
            return self.identifier()
        if self.trace:
            self.ask("<identifier>")
        return None

    def _at_clause(self) -> bool:
        """Whether a word that may be a name begins a clause here, by what follows it."""
        key, following = self.key, self.peek()
        if key == "LIMIT":
            return following in (lexer.INTEGER, "?", "ALL")
        if key == "OFFSET":
            return following in (lexer.INTEGER, "?")
        if key == "FETCH":
            return following in ("FIRST", "NEXT")
        if key == "WINDOW":
            return self.peek(2) == "AS" and self.peek(3) == "("
        if key == "TABLESAMPLE":
            return following in ("BERNOULLI", "SYSTEM")
        if key == "MATCH_RECOGNIZE":
            return following == "("
        return False

    def relations(self) -> Relation:
        """Relations with commas between them: a cross join of them all."""
        at = self.at()
        left = self.relation()
        while self.accept(","):
            left = nodes.Join(at, "cross", left, self.relation())
        return left

    def relation(self) -> Relation:
        """A relation with its joins.

        Raises:
            SyntaxFault: no relation stands here.
        """
        self.deeper()
        at = self.at()
        left = self._sampled()
        while True:
            if self.accept("CROSS"):
                self.expect("JOIN")
                left = nodes.Join(at, "cross", left, self._sampled())
                continue
            natural = self.accept("NATURAL")
            kind = self._join_kind(natural)
            if kind is None:
                self.depth -= 1
                return left
            if natural:
                left = nodes.Join(at, kind, left, self._sampled(), natural=True)
                continue
            left = self._joined(at, kind, left)

    def _joined(self, at: nodes.At, kind: str, left: Relation) -> Relation:
        """The right side and its criteria; `a JOIN b JOIN c ON … ON …` nests to the right."""
        right = self._sampled()
        while self.key in ("CROSS", "NATURAL", "JOIN", "INNER", "LEFT", "RIGHT", "FULL"):
            right = self._nested_join(right)
        if self.accept("ON"):
            return nodes.Join(at, kind, left, right, self.expression())
        self.expect("USING")
        return nodes.Join(at, kind, left, right, using=self.identifier_list())

    def _nested_join(self, left: Relation) -> Relation:
        self.deeper()
        at = left.at
        if self.accept("CROSS"):
            self.expect("JOIN")
            found: Relation = nodes.Join(at, "cross", left, self._sampled())
        else:
            natural = self.accept("NATURAL")
            kind = self._join_kind(natural)
            if kind is None:
                raise self.refusal()
            if natural:
                found = nodes.Join(at, kind, left, self._sampled(), natural=True)
            else:
                found = self._joined(at, kind, left)
        self.depth -= 1
        return found

    def _join_kind(self, needed: bool) -> str | None:
        """`inner|left|right|full` with JOIN read; None when there is no join."""
        if self.accept("JOIN"):
            return "inner"
        for word in ("INNER", "LEFT", "RIGHT", "FULL"):
            if self.accept(word):
                if word != "INNER":
                    self.accept("OUTER")
                self.expect("JOIN")
                return word.lower()
        if needed:
            raise self.refusal()
        return None

    def _sampled(self) -> Relation:
        at = self.at()
        found = self._aliased()
        if self.key == "TABLESAMPLE":
            self.advance()
            if self.key not in ("BERNOULLI", "SYSTEM"):
                raise self.refusal()
            method = self.keys[self.advance()].lower()
            self.expect("(")
            percentage = self.expression()
            self.expect(")")
            return nodes.Sampled(at, found, method, percentage)
        return found

    def _aliased(self) -> Relation:
        at = self.at()
        found = self._with_alias(at, self._relation_primary())
        if self.key == "MATCH_RECOGNIZE" and self.peek() == "(":
            found = self._with_alias(at, self.match_recognize(at, found))
        return found

    def _with_alias(self, at: nodes.At, found: Relation) -> Relation:
        alias = self.alias()
        if alias is None:
            return found
        columns = self.identifier_list() if self.key == "(" else ()
        if self.trace and not columns:
            self.ask("'('")
        return nodes.Aliased(at, found, alias, columns)

    def match_recognize(self, at: nodes.At, relation: Relation) -> Relation:
        """MATCH_RECOGNIZE after a relation; the row-pattern parser's part."""
        raise NotImplementedError

    def _relation_primary(self) -> Relation:
        at = self.at()
        if self.key == "(":
            return self._in_brackets(at)
        if self.key == "LATERAL" and self.peek() == "(":
            self.advance()
            self.advance()
            query = self.query()
            self.expect(")")
            return nodes.LateralRelation(at, query)
        if self.key == "UNNEST":
            self.advance()
            self.expect("(")
            items = self.expressions()
            self.expect(")")
            ordinality = self.accept("WITH")
            if ordinality:
                self.expect("ORDINALITY")
            return nodes.Unnest(at, items, ordinality)
        if self.key == "TABLE":
            return self._table_function(at)
        if self.key == "JSON_TABLE":
            raise SqlError("NOT_SUPPORTED", "JSON_TABLE is not supported", at)
        if self.trace:
            for word in ("(", "JSON_TABLE", "LATERAL", "TABLE", "UNNEST"):
                self.ask(f"'{word}'")
        name = self.qualified_name()
        if self.accept("FOR"):
            if self.key not in ("TIMESTAMP", "VERSION"):
                self.ask("'TIMESTAMP'")
                self.ask("'VERSION'")
                raise self.refusal()
            kind = self.keys[self.advance()].lower()
            self.expect_words("AS", "OF")
            return nodes.TableName(at, name, (kind, self.value()))
        return nodes.TableName(at, name)

    def _in_brackets(self, at: nodes.At) -> Relation:
        if self.at_query(self.index):
            self.advance()
            query = self.query()
            self.expect(")")
            return nodes.SubqueryRelation(at, query)
        self.advance()
        if self.trace:
            self.ask("'WITH'")
            self.ask("<query>")
        found = self.relation()
        self.expect(")")
        return found

    def _table_function(self, at: nodes.At) -> Relation:
        self.advance()
        self.expect("(")
        name = self.qualified_name()
        self.expect("(")
        arguments: list[tuple[Identifier | None, Expression]] = []
        if self.key != ")":
            arguments.append(self._table_argument())
            while self.accept(","):
                arguments.append(self._table_argument())
        self.expect(")")
        self.expect(")")
        return nodes.TableFunction(at, name, tuple(arguments))

    def _table_argument(self) -> tuple[Identifier | None, Expression]:
        name = None
        if self.names[self.index] and self.peek() == "=>":
            name = self.identifier()
            self.advance()
        if self.key == "TABLE" or (self.key == "DESCRIPTOR" and self.peek() == "("):
            word = "Table" if self.key == "TABLE" else "Descriptor"
            raise SqlError(
                "NOT_SUPPORTED",
                f"{word} arguments of table functions are not supported",
                self.at(),
            )
        return name, self.expression()
