"""Statements of Trino's grammar, with Athena's UNLOAD, OPTIMIZE and VACUUM.

Here the ways part: what Athena gives to Hive's grammar goes there by its first words.
"""

from __future__ import annotations

from collections.abc import Callable

from local_athena.sql import nodes
from local_athena.sql.errors import NotAthena, SeveralStatements, SqlError
from local_athena.sql.nodes import Identifier, Statement
from local_athena.sql.parser import lexer
from local_athena.sql.parser.queries import QueryParser

# Statements of Trino that Athena does not take.
_TRINO_WORDS = "ANALYZE CALL COMMENT COMMIT DENY GRANT REFRESH RESET REVOKE ROLLBACK SET START"
_NOT_ATHENA = frozenset([*_TRINO_WORDS.split(), "TRUNCATE", "USE"])
_HIVE_WORDS = frozenset({"ALTER", "MSCK", "SHOW", "DESCRIBE", "DESC"})


class StatementParser(QueryParser):
    """Trino's `statement` rule, as far as Athena knows it."""

    # Parses Hive's DDL of the same text from the word at an offset on; set by the package.
    hive: Callable[[str, int], Statement]

    def whole(self) -> Statement:
        """The only statement of the text; a semicolon may end it.

        Raises:
            SqlError: the text is no statement, or more than one.
        """
        statement = self.statement()
        self.finish()
        return statement

    def finish(self) -> None:
        """Refuse whatever stands after a statement.

        Raises:
            SyntaxFault: something does.
        """
        if self.trace:
            self.ask("<EOF>")
        if self.key != lexer.END and self.key != ";":
            raise self.refusal()
        at = self.at()
        if self.key == ";":
            self.advance()
        if self.key != lexer.END:
            raise SeveralStatements(self.tokens.text, at)

    def statement(self) -> Statement:
        """One statement, whatever follows it."""
        key = self.key
        rule = _RULES.get(key)
        if rule is not None:
            return rule(self)
        if key in _HIVE_WORDS:
            return self._hive()
        if key == "USING" and self.peek() == "EXTERNAL":
            raise SqlError("NOT_SUPPORTED", "External functions are not supported", self.at())
        if key in _NOT_ATHENA:
            raise NotAthena(self.at())
        if self.trace:
            for word in sorted(_RULES.keys() - {"SELECT", "VALUES", "TABLE"} | _HIVE_WORDS):
                self.ask(f"'{word}'")
            self.ask("<query>")
        if key not in ("SELECT", "WITH", "VALUES", "TABLE", "("):
            raise self.refusal()
        return nodes.QueryStatement(self.at(), self.query())

    def _hive(self) -> Statement:
        """Leave the rest of the text to Hive's grammar."""
        found = self.hive(self.tokens.text, self.tokens.offsets[self.index])
        self.go(len(self.keys) - 1)
        return found

    # ------------------------------------------------------------ create, drop

    def _create(self) -> Statement:
        at, start = self.at(), self.index
        if self.peek() in ("EXTERNAL", "DATABASE", "SCHEMA"):
            return self._hive()
        self.advance()
        replaces = self.accept_words("OR", "REPLACE")
        if self.key == "PROTECTED" or (self.key == "MULTI" and self.peek() == "DIALECT"):
            raise SqlError("NOT_SUPPORTED", "Multi-dialect views are not supported", at)
        if self.accept("VIEW"):
            return self._create_view(at, replaces)
        if replaces:
            self.ask("'VIEW'")
            raise self.refusal()
        for word in ("DATABASE", "EXTERNAL", "SCHEMA"):
            self.ask(f"'{word}'")
        self.expect("TABLE")
        if self.key == lexer.END:
            self.ask("'IF'")
            self.identifier()
        if not self._at_table_as():
            self.go(start)
            return self._hive()
        return self._create_table_as(at)

    def _at_table_as(self) -> bool:
        """Whether CREATE TABLE goes on as CTAS: `name [(a, b)] [COMMENT …] [WITH (…)] AS`."""
        keys, names, index = self.keys, self.tokens.names, self.index
        if keys[index : index + 3] == ["IF", "NOT", "EXISTS"]:
            index += 3
        while names[index] and keys[index + 1] == ".":
            index += 2
        if not names[index] and keys[index] in ("AS", "WITH", "("):
            return False
        index += 1
        if index >= len(keys):
            return False
        if keys[index] == "(":
            close = self.tokens.partner[index]
            inside = range(index + 1, close)
            if not all(names[i] if (i - index) % 2 else keys[i] == "," for i in inside):
                return False
            index = close + 1
            return index < len(keys) and keys[index] in ("AS", "WITH", "COMMENT")
        if keys[index] == "COMMENT":
            return keys[index + 2 : index + 3] in (["AS"], ["WITH"])
        return keys[index] in ("AS", "WITH")

    def _create_table_as(self, at: nodes.At) -> Statement:
        if_not_exists = self._if_not_exists()
        table = self.qualified_name()
        columns = self.identifier_list() if self.key == "(" else ()
        if self.accept("COMMENT"):
            self.string()
        properties = self._properties() if self.accept("WITH") else ()
        self.expect("AS")
        query = self._bracketed_query()
        with_data = True
        if self.accept("WITH"):
            with_data = not self.accept("NO")
            self.expect("DATA")
        return nodes.CreateTableAs(at, table, if_not_exists, properties, query, columns, with_data)

    def _bracketed_query(self) -> nodes.Query:
        """A query, which as a whole may stand in brackets even with its WITH."""
        if self.key == "(" and self.peek() == "WITH":
            self.advance()
            query = self.query()
            self.expect(")")
            return query
        return self.query()

    def _if_not_exists(self) -> bool:
        if self.key == "IF" and self.peek() == "NOT":
            self.expect_words("IF", "NOT", "EXISTS")
            return True
        return False

    def _properties(self) -> tuple[nodes.Property, ...]:
        """`(name = value, …)`."""
        self.expect("(")
        found = []
        while True:
            name = self.identifier()
            self.expect("=")
            found.append(nodes.Property(name.at, name.value, self.expression()))
            if not self.accept(","):
                break
        self.expect(")")
        return tuple(found)

    def _create_view(self, at: nodes.At, replaces: bool) -> Statement:
        view = self.qualified_name()
        comment = self.string() if self.accept("COMMENT") else None
        if self.accept("SECURITY") and not self.accept("DEFINER"):
            self.expect("INVOKER")
        self.expect("AS")
        first = self.index
        query = self.query()
        text = self._text_from(first)
        return nodes.CreateView(at, view, replaces, query, text, comment)

    def _text_from(self, first: int) -> str:
        """The text from a token to the last one read."""
        tokens = self.tokens
        return tokens.text[tokens.offsets[first] : tokens.end_of(self.index - 1)]

    def _drop(self) -> Statement:
        at = self.at()
        if self.peek() in ("TABLE", "DATABASE", "SCHEMA"):
            return self._hive()
        self.advance()
        for word in ("DATABASE", "SCHEMA", "TABLE"):
            self.ask(f"'{word}'")
        self.expect("VIEW")
        if_exists = self.accept_words("IF", "EXISTS")
        return nodes.DropView(at, self.qualified_name(), if_exists)

    # ------------------------------------------------------------ data

    def _insert(self) -> Statement:
        at = self.at()
        self.advance()
        self.expect("INTO")
        table = self.qualified_name()
        columns: tuple[Identifier, ...] = ()
        if self.key == "(" and not self.at_query(self.index):
            columns = self.identifier_list()
        if self.trace and not columns:
            self.ask("'('")
        return nodes.Insert(at, table, columns, self.query())

    def _delete(self) -> Statement:
        at = self.at()
        self.advance()
        self.expect("FROM")
        table = self.qualified_name()
        where = self.expression() if self.accept("WHERE") else None
        return nodes.Delete(at, table, where)

    def _update(self) -> Statement:
        at = self.at()
        self.advance()
        table = self.qualified_name()
        self.expect("SET")
        assignments = self._assignments()
        where = self.expression() if self.accept("WHERE") else None
        return nodes.Update(at, table, assignments, where)

    def _assignments(self) -> tuple[nodes.Assignment, ...]:
        found = []
        while True:
            column = self.identifier()
            self.expect("=")
            found.append(nodes.Assignment(column.at, column, self.expression()))
            if not self.accept(","):
                return tuple(found)

    def _merge(self) -> Statement:
        at = self.at()
        self.advance()
        self.expect("INTO")
        table = self.qualified_name()
        alias = self.alias()
        self.expect("USING")
        source = self.relation()
        self.expect("ON")
        condition = self.expression()
        clauses = [self._merge_clause()]
        while self.key == "WHEN":
            clauses.append(self._merge_clause())
        return nodes.Merge(at, table, alias, source, condition, tuple(clauses))

    def _merge_clause(self) -> nodes.MergeClause:
        at = self.at()
        self.expect("WHEN")
        matched = not self.accept("NOT")
        self.expect("MATCHED")
        condition = self.expression() if self.accept("AND") else None
        self.expect("THEN")
        if not matched:
            self.expect("INSERT")
            columns = self.identifier_list() if self.key == "(" else ()
            self.expect_words("VALUES", "(")
            values = self.expressions()
            self.expect(")")
            return nodes.MergeClause(at, "insert", False, condition, (), columns, values)
        if self.accept("DELETE"):
            return nodes.MergeClause(at, "delete", True, condition)
        self.expect_words("UPDATE", "SET")
        return nodes.MergeClause(at, "update", True, condition, self._assignments())

    def _unload(self) -> Statement:
        at = self.at()
        self.advance()
        self.expect("(")
        query = self.query()
        self.expect(")")
        self.expect("TO")
        location = self.string()
        properties = self._properties() if self.accept("WITH") else ()
        return nodes.Unload(at, query, location, properties)

    def _optimize(self) -> Statement:
        at = self.at()
        self.advance()
        table = self.qualified_name()
        self.expect_words("REWRITE", "DATA", "USING", "BIN_PACK")
        where = self.expression() if self.accept("WHERE") else None
        return nodes.Optimize(at, table, where)

    def _vacuum(self) -> Statement:
        at = self.at()
        self.advance()
        return nodes.Vacuum(at, self.qualified_name())

    # ------------------------------------------------------------ explain, prepared statements

    def _explain(self) -> Statement:
        at = self.at()
        self.advance()
        analyze = self.accept("ANALYZE")
        if analyze:
            self.accept("VERBOSE")
        options = []
        if self.key == "(" and self.peek() in ("FORMAT", "TYPE"):
            self.advance()
            options.append(self._explain_option())
            while self.accept(","):
                options.append(self._explain_option())
            self.expect(")")
        if self.trace:
            self.ask("'('")
        return nodes.Explain(at, self.statement(), tuple(options), analyze)

    def _explain_option(self) -> tuple[str, str]:
        words = {
            "FORMAT": ("TEXT", "GRAPHVIZ", "JSON"),
            "TYPE": ("LOGICAL", "DISTRIBUTED", "VALIDATE", "IO"),
        }
        for option, values in words.items():
            if self.accept(option):
                for value in values:
                    if self.accept(value):
                        return option.lower(), value.lower()
        raise self.refusal()

    def _prepare(self) -> Statement:
        at = self.at()
        self.advance()
        name = self.identifier()
        self.expect("FROM")
        first = self.index
        statement = self.statement()
        return nodes.Prepare(at, name, statement, self._text_from(first))

    def _execute(self) -> Statement:
        at = self.at()
        self.advance()
        name = self.identifier()
        arguments = self.expressions() if self.accept("USING") else ()
        return nodes.Execute(at, name, arguments)

    def _deallocate(self) -> Statement:
        at = self.at()
        self.advance()
        self.expect("PREPARE")
        return nodes.Deallocate(at, self.identifier())


_RULES: dict[str, Callable[[StatementParser], Statement]] = {
    "CREATE": StatementParser._create,
    "DROP": StatementParser._drop,
    "INSERT": StatementParser._insert,
    "DELETE": StatementParser._delete,
    "UPDATE": StatementParser._update,
    "MERGE": StatementParser._merge,
    "UNLOAD": StatementParser._unload,
    "OPTIMIZE": StatementParser._optimize,
    "VACUUM": StatementParser._vacuum,
    "EXPLAIN": StatementParser._explain,
    "PREPARE": StatementParser._prepare,
    "EXECUTE": StatementParser._execute,
    "DEALLOCATE": StatementParser._deallocate,
}
