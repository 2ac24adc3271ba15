"""Queries: SELECT and what surrounds it, set operations, relations, windows."""

from __future__ import annotations

from local_athena.sql import nodes
from local_athena.sql.errors import SqlError
from local_athena.sql.nodes import Expression
from local_athena.sql.parser import lexer
from local_athena.sql.parser.relations import RelationParser

_QUERY_WORDS = frozenset({"SELECT", "VALUES", "WITH"})
# What may follow a bracketed query that is itself part of a query.
_QUERY_GOES_ON = frozenset(
    {"UNION", "INTERSECT", "EXCEPT", "ORDER", "OFFSET", "LIMIT", "FETCH", ")", lexer.END}
)
# What goes on with an expression after a closing bracket.
_EXPRESSION_GOES_ON = frozenset(
    {".", "[", "+", "-", "*", "/", "%", "||", "=", "<>", "<", "<=", ">", ">=", "->"}
    | {"AND", "OR", "NOT", "IS", "IN", "LIKE", "BETWEEN", "AT"}
)


class QueryParser(RelationParser):
    """Trino's `query` rule."""

    def at_query(self, index: int) -> bool:
        """Whether the bracket at `index` opens a query rather than an expression or a relation."""
        keys = self.keys
        opened = []
        while keys[index] == "(":
            opened.append(index)
            index += 1
        first = keys[index]
        if first == "TABLE":
            if keys[index + 1] == "(":
                return False
        elif first not in _QUERY_WORDS:
            return False
        for inner in opened[1:]:
            after = self.tokens.partner[inner] + 1
            if after < len(keys) and keys[after] not in _QUERY_GOES_ON:
                return False
        return True

    def query(self) -> nodes.Query:
        """`[WITH …] body [ORDER BY …] [OFFSET …] [LIMIT … | FETCH …]`.

        Raises:
            SyntaxFault: no query stands here.
        """
        self.deeper()
        at = self.at()
        named: list[nodes.NamedQuery] = []
        recursive = False
        if self.accept("WITH"):
            if self.key == "FUNCTION" and self.names[self.index + 1]:
                raise SqlError("NOT_SUPPORTED", "WITH FUNCTION is not supported", self.at())
            recursive = self.accept("RECURSIVE")
            named.append(self._named_query())
            while self.accept(","):
                named.append(self._named_query())
        query = self._query_without_with(at, tuple(named), recursive)
        self.depth -= 1
        return query

    def _named_query(self) -> nodes.NamedQuery:
        name = self.identifier()
        columns = self.identifier_list() if self.key == "(" else ()
        if self.trace and not columns:
            self.ask("'('")
        self.expect("AS")
        self.expect("(")
        query = self.query()
        self.expect(")")
        return nodes.NamedQuery(name.at, name, columns, query)

    def _query_without_with(
        self, at: nodes.At, named: tuple[nodes.NamedQuery, ...] = (), recursive: bool = False
    ) -> nodes.Query:
        body = self._union()
        order_by: tuple[nodes.SortItem, ...] = ()
        offset = limit = None
        ties = False
        if self.accept("ORDER"):
            self.expect("BY")
            order_by = self.sort_items()
        if self.accept("OFFSET"):
            offset = self._row_count()
            if self.key in ("ROW", "ROWS"):
                self.advance()
        if self.accept("LIMIT"):
            if not self.accept("ALL"):
                limit = self._row_count()
        elif self.accept("FETCH"):
            if not self.accept("FIRST"):
                self.expect("NEXT")
            if self.key in ("ROW", "ROWS"):
                limit = nodes.IntegerLiteral(self.at(), 1)
            else:
                limit = self._row_count()
            if isinstance(limit, nodes.IntegerLiteral) and limit.value == 0:
                raise SqlError(
                    "NUMERIC_VALUE_OUT_OF_RANGE",
                    "FETCH FIRST row count must be positive (actual value: 0)",
                    limit.at,
                )
            if not self.accept("ROW"):
                self.expect("ROWS")
            if not self.accept("ONLY"):
                self.expect("WITH")
                self.expect("TIES")
                ties = True
        return nodes.Query(at, body, named, recursive, order_by, offset, limit, ties)

    def _row_count(self) -> Expression:
        at = self.at()
        if self.key == "?":
            return self.primary()
        if self.trace:
            self.ask("'?'")
        return nodes.IntegerLiteral(at, self.integer())

    def _union(self) -> nodes.QueryBody:
        left = self._intersection()
        while True:
            at, key = self.at(), self.key
            if not (self.accept("UNION") or self.accept("EXCEPT")):
                return left
            distinct, names = self._distinct(), self._corresponding()
            left = nodes.SetOperation(at, key.lower(), distinct, left, self._intersection(), names)

    def _intersection(self) -> nodes.QueryBody:
        left = self._query_primary()
        while True:
            at = self.at()
            if not self.accept("INTERSECT"):
                return left
            distinct, names = self._distinct(), self._corresponding()
            right = self._query_primary()
            left = nodes.SetOperation(at, "intersect", distinct, left, right, names)

    def _distinct(self) -> bool:
        """The quantifier of a set operation, distinct unless ALL is said."""
        if self.accept("ALL"):
            return False
        self.accept("DISTINCT")
        return True

    def _corresponding(self) -> tuple[nodes.Identifier, ...] | None:
        """`CORRESPONDING [BY (names)]` of a set operation."""
        if not self.accept("CORRESPONDING"):
            return None
        return self.identifier_list() if self.accept("BY") else ()

    def _query_primary(self) -> nodes.QueryBody:
        at, key = self.at(), self.key
        if key == "SELECT":
            return self._select()
        if key == "(":
            self.advance()
            self.deeper()
            query = self._query_without_with(at)
            self.depth -= 1
            self.expect(")")
            return query
        if key == "VALUES":
            self.advance()
            return nodes.Values(at, self.expressions())
        if key == "TABLE":
            self.advance()
            return nodes.TableQuery(at, self.qualified_name())
        if self.trace:
            self.ask("<query>")
        raise self.refusal()

    # ------------------------------------------------------------ select

    def _select(self) -> nodes.Select:
        at = self.at()
        self.expect("SELECT")
        distinct = self.accept("DISTINCT")
        if not distinct and self._at_all():
            self.advance()
        items = [self._select_item()]
        while self.accept(","):
            items.append(self._select_item())
        relation = self.relations() if self.accept("FROM") else None
        where = self.expression() if self.accept("WHERE") else None
        group_by: tuple[nodes.GroupingElement, ...] = ()
        by_distinct = False
        if self.accept("GROUP"):
            self.expect("BY")
            by_distinct = self.accept("DISTINCT")
            if not by_distinct and self._at_all():
                self.advance()
            group_by = self._grouping_elements()
        having = self.expression() if self.accept("HAVING") else None
        windows: tuple[nodes.NamedWindow, ...] = ()
        if self.accept("WINDOW"):
            windows = self._named_windows()
        return nodes.Select(
            at, tuple(items), distinct, relation, where, group_by, by_distinct, having, windows
        )

    def _at_all(self) -> bool:
        """Whether ALL is the quantifier here and not a name."""
        if self.trace:
            self.ask("'ALL'")
        if self.key != "ALL":
            return False
        following = self.peek()
        return following not in (",", ")", ".", "[", "FROM", "AS", "WHERE", "->", lexer.END) and (
            following not in _EXPRESSION_GOES_ON or following in ("+", "-", "*", "NOT")
        )

    def _select_item(self) -> nodes.SelectExpression | nodes.SelectStar:
        at = self.at()
        if self.accept("*"):
            return nodes.SelectStar(at)
        value = self.expression()
        if self.key == "." and self.peek() == "*" and self.last_primary is value:
            self.advance()
            self.advance()
            aliases: tuple[nodes.Identifier, ...] = ()
            if self.accept("AS"):
                aliases = self.identifier_list()
            return nodes.SelectStar(at, value, aliases)
        return nodes.SelectExpression(at, value, self.alias())

    def _grouping_elements(self) -> tuple[nodes.GroupingElement, ...]:
        found = [self._grouping_element()]
        while self.accept(","):
            found.append(self._grouping_element())
        return tuple(found)

    def _grouping_element(self) -> nodes.GroupingElement:
        at = self.at()
        for kind in ("rollup", "cube"):
            if self.accept(kind.upper()):
                self.expect("(")
                sets = () if self.key == ")" else self._grouping_sets()
                self.expect(")")
                return nodes.GroupingElement(at, kind, sets)
        if self.key == "GROUPING" and self.peek() == "SETS":
            self.advance()
            self.advance()
            self.expect("(")
            sets = self._grouping_sets()
            self.expect(")")
            return nodes.GroupingElement(at, "sets", sets)
        return nodes.GroupingElement(at, "simple", (self._grouping_set(),))

    def _grouping_sets(self) -> tuple[tuple[Expression, ...], ...]:
        found = [self._grouping_set()]
        while self.accept(","):
            found.append(self._grouping_set())
        return tuple(found)

    def _grouping_set(self) -> tuple[Expression, ...]:
        if self.key == "(" and not self.at_query(self.index):
            close = self.tokens.partner[self.index]
            after = self.keys[close + 1] if close + 1 < len(self.keys) else lexer.END
            if after not in _EXPRESSION_GOES_ON:
                self.advance()
                found = () if self.key == ")" else self.expressions()
                self.expect(")")
                return found
        return (self.expression(),)

    # ------------------------------------------------------------ order and windows

    def sort_items(self) -> tuple[nodes.SortItem, ...]:
        found = [self._sort_item()]
        while self.accept(","):
            found.append(self._sort_item())
        return tuple(found)

    def _sort_item(self) -> nodes.SortItem:
        at = self.at()
        key = self.expression()
        descending = self.accept("DESC")
        if not descending:
            self.accept("ASC")
        nulls_first = None
        if self.accept("NULLS"):
            nulls_first = self.accept("FIRST")
            if not nulls_first:
                self.expect("LAST")
        return nodes.SortItem(at, key, descending, nulls_first)

    def _named_windows(self) -> tuple[nodes.NamedWindow, ...]:
        found = []
        while True:
            name = self.identifier()
            self.expect("AS")
            self.expect("(")
            found.append(nodes.NamedWindow(name.at, name, self.window_specification()))
            self.expect(")")
            if not self.accept(","):
                return tuple(found)

    def window_specification(self) -> nodes.Window:
        at = self.at()
        base = None
        if self.names[self.index] and not self._at_window_clause():
            base = self.identifier()
        partition_by: tuple[Expression, ...] = ()
        order_by: tuple[nodes.SortItem, ...] = ()
        if self.accept("PARTITION"):
            self.expect("BY")
            partition_by = self.expressions()
        if self.accept("ORDER"):
            self.expect("BY")
            order_by = self.sort_items()
        frame = None
        for unit in ("RANGE", "ROWS", "GROUPS"):
            if self.accept(unit):
                frame = self._frame(unit.lower())
                break
        return nodes.Window(at, base, partition_by, order_by, frame)

    def _at_window_clause(self) -> bool:
        following = self.peek()
        if self.key == "PARTITION":
            return following == "BY"
        if self.key in ("RANGE", "ROWS", "GROUPS"):
            ends = (")", "PARTITION", "ORDER", "RANGE", "ROWS", "GROUPS")
            return following not in ends
        return False

    def _frame(self, unit: str) -> nodes.Frame:
        at = self.tokens.at(self.index - 1)
        if self.accept("BETWEEN"):
            start = self._frame_bound()
            self.expect("AND")
            return nodes.Frame(at, unit, start, self._frame_bound())
        return nodes.Frame(at, unit, self._frame_bound())

    def _frame_bound(self) -> nodes.FrameBound:
        at = self.at()
        if self.key == "UNBOUNDED" and self.peek() in ("PRECEDING", "FOLLOWING"):
            self.advance()
            return nodes.FrameBound(at, f"unbounded {self.keys[self.advance()].lower()}")
        if self.key == "CURRENT" and self.peek() == "ROW":
            self.advance()
            self.advance()
            return nodes.FrameBound(at, "current row")
        value = self.expression()
        if self.accept("PRECEDING"):
            return nodes.FrameBound(at, "preceding", value)
        self.expect("FOLLOWING")
        return nodes.FrameBound(at, "following", value)
