"""Expressions: operators by precedence, literals, calls and the forms in brackets.

Chains of operators are loops; only nesting recurses, and `deeper` bounds it.
"""

from __future__ import annotations

from local_athena.sql import nodes
from local_athena.sql.errors import SyntaxFault
from local_athena.sql.nodes import Expression, Identifier
from local_athena.sql.parser import lexer
from local_athena.sql.parser.cursor import read_integer
from local_athena.sql.parser.types import TypeParser
from local_athena.sql.parser.words import INTERVAL_UNITS

_LEVELS = {"||": 1, "+": 2, "-": 2, "*": 3, "/": 3, "%": 3}
_COMPARISONS = frozenset({"=", "<>", "<", "<=", ">", ">="})
_PREDICATES = _COMPARISONS | {"NOT", "BETWEEN", "IN", "LIKE", "IS"}
_NUMBERS = frozenset({lexer.INTEGER, lexer.DECIMAL, lexer.DOUBLE})
_AFTER_VALUE = ("'%'", "'*'", "'+'", "'-'", "'/'", "'||'", "<predicate>")


class ExpressionParser(TypeParser):
    """Trino's `expression`, `booleanExpression` and `valueExpression` rules."""

    # What `_primary` last returned: `x.*` may follow only such an expression.
    last_primary: Expression | None = None

    def query(self) -> nodes.Query:
        """A query with its WITH; the query parser's part."""
        raise NotImplementedError

    def primary(self) -> Expression:
        """An expression without operators or suffixes; the calls parser's part."""
        raise NotImplementedError

    def at_query(self, index: int) -> bool:
        """Whether the bracket at `index` opens a query; the query parser's part."""
        raise NotImplementedError

    def expression(self) -> Expression:
        """Any expression.

        Raises:
            SyntaxFault: no expression stands here.
        """
        if self.trace:
            self.ask("<expression>")
            self.muted = self.index
        self.deeper()
        start = self.index
        left = self._conjunction()
        if self.key == "OR":
            operands = [left]
            while self.key == "OR":
                self.advance()
                operands.append(self._conjunction())
            left = nodes.Logical(self.tokens.at(start), "or", tuple(operands))
        elif self.trace:
            self.ask("'OR'")
        self.depth -= 1
        return left

    def expressions(self) -> tuple[Expression, ...]:
        """Expressions with commas between them, one at least."""
        found = [self.expression()]
        while self.accept(","):
            found.append(self.expression())
        return tuple(found)

    def _conjunction(self) -> Expression:
        start = self.index
        left = self._negation()
        if self.key == "AND":
            operands = [left]
            while self.key == "AND":
                self.advance()
                operands.append(self._negation())
            return nodes.Logical(self.tokens.at(start), "and", tuple(operands))
        if self.trace:
            self.ask("'AND'")
        return left

    def _negation(self) -> Expression:
        if self.key != "NOT":
            left = self._value(1)
            return self._predicate(left) if self.key in _PREDICATES else left
        places = []
        while self.key == "NOT":
            places.append(self.at())
            self.advance()
        operand = self._value(1)
        if self.key in _PREDICATES:
            operand = self._predicate(operand)
        for at in reversed(places):
            operand = nodes.Not(at, operand)
        return operand

    # ------------------------------------------------------------ predicates

    def _predicate(self, left: Expression) -> Expression:
        at, key = self.at(), self.key
        self.advance()
        if key in _COMPARISONS:
            return self._comparison(at, key, left)
        if key == "IS":
            negated = self.accept("NOT")
            if self.accept("NULL"):
                return nodes.IsNull(at, left, negated)
            self.expect("DISTINCT")
            self.expect("FROM")
            operator = "is not distinct from" if negated else "is distinct from"
            return nodes.Comparison(at, operator, left, self.value())
        negated = key == "NOT"
        if negated:
            key = self.key
            if key not in ("BETWEEN", "IN", "LIKE"):
                for word in ("BETWEEN", "IN", "LIKE"):
                    self.ask(f"'{word}'")
                raise self.refusal()
            self.advance()
        if key == "BETWEEN":
            low = self.value()
            self.expect("AND")
            return nodes.Between(at, left, low, self.value(), negated)
        if key == "LIKE":
            pattern = self.value()
            escape = self.value() if self.accept("ESCAPE") else None
            return nodes.Like(at, left, pattern, escape, negated)
        return self._in(at, left, negated)

    def _comparison(self, at: nodes.At, operator: str, left: Expression) -> Expression:
        quantified = self.key in ("ALL", "ANY", "SOME") and self.peek() == "("
        if quantified and self.at_query(self.index + 1):
            quantifier = "all" if self.key == "ALL" else "any"
            self.advance()
            return nodes.QuantifiedComparison(at, operator, quantifier, left, self._subquery())
        return nodes.Comparison(at, operator, left, self.value())

    def _in(self, at: nodes.At, left: Expression, negated: bool) -> Expression:
        """`IN (query)` or `IN (a, b)`; `IN ((query))` is a list of one scalar subquery."""
        if self.key == "(" and self.at_query(self.index):
            inner = self.tokens.partner.get(self.index + 1, self.index)
            if inner + 1 != self.tokens.partner[self.index]:
                return nodes.InQuery(at, left, self._subquery(), negated)
        self.expect("(")
        items = self.expressions()
        self.expect(")")
        return nodes.InList(at, left, items, negated)

    def _subquery(self) -> nodes.Query:
        self.expect("(")
        query = self.query()
        self.expect(")")
        return query

    # ------------------------------------------------------------ operators

    def value(self) -> Expression:
        """An expression of arithmetic and `||`, without predicates and logic outside brackets."""
        self.deeper()
        found = self._value(1)
        self.depth -= 1
        return found

    def _value(self, level: int) -> Expression:
        """An expression of operators that bind at least as tightly as `level`."""
        left = self._operand()
        while True:
            operator = self.key
            found = _LEVELS.get(operator, 0)
            if found < level or not found:
                if self.trace:
                    for label in _AFTER_VALUE:
                        self.ask(label)
                return left
            at = self.at()
            self.advance()
            left = nodes.Binary(at, operator, left, self._value(found + 1))

    def _operand(self) -> Expression:
        """A primary with its signs and AT TIME ZONE, which binds tighter than a sign."""
        signs: list[tuple[nodes.At, str]] = []
        while self.key == "-" or self.key == "+":
            if self.key == "-" and self.peek() in _NUMBERS:
                break
            signs.append((self.at(), self.key))
            self.advance()
        found = self._suffixed()
        while self.key == "AT" and self.peek() == "TIME":
            at = self.at()
            self.advance()
            self.expect_words("TIME", "ZONE")
            found = nodes.AtTimeZone(at, found, self._zone())
        if self.trace:
            self.ask("'AT'")
        for at, sign in reversed(signs):
            found = nodes.Unary(at, sign, found)
        return found

    def _zone(self) -> Expression:
        at = self.at()
        if self.key == "INTERVAL":
            return self.interval()
        return nodes.StringLiteral(at, self.string())

    def _suffixed(self) -> Expression:
        start = self.index
        found = self.primary()
        while True:
            key = self.key
            if key == "." and self.peek() != "*":
                self.advance()
                found = nodes.Dereference(self.tokens.at(start), found, self.identifier())
            elif key == "[":
                self.advance()
                found = nodes.Subscript(self.tokens.at(start), found, self.value())
                self.expect("]")
            else:
                break
        if self.trace:
            self.ask("'.'")
            self.ask("'['")
        self.last_primary = found
        return found

    # ------------------------------------------------------------ literals

    def number(self) -> Expression:
        """A number, its minus sign included."""
        at = self.at()
        sign = "-" if self.accept("-") else ""
        key = self.key
        text = self.tokens.texts[self.advance()]
        if key == lexer.INTEGER:
            return nodes.IntegerLiteral(at, read_integer(text, sign, at))
        text = sign + text.replace("_", "")
        if key == lexer.DECIMAL:
            return nodes.DecimalLiteral(at, text)
        return nodes.DoubleLiteral(at, text)

    def binary(self) -> Expression:
        """`X'…'`: pairs of hexadecimal digits, blanks between them ignored."""
        at = self.at()
        digits = "".join(self.tokens.texts[self.advance()][2:-1].split())
        if len(digits) % 2:
            raise SyntaxFault("Binary literal must contain an even number of digits", at)
        if any(digit not in "0123456789abcdefABCDEF" for digit in digits):
            raise SyntaxFault("Binary literal can only contain hexadecimal digits", at)
        return nodes.BinaryLiteral(at, bytes.fromhex(digits))

    def interval(self) -> Expression:
        """`INTERVAL [sign] '…' unit [TO unit]`."""
        at = self.at()
        self.expect("INTERVAL")
        sign = 1
        if self.key in ("+", "-"):
            sign = -1 if self.keys[self.advance()] == "-" else 1
        value = self.string()
        unit = self._interval_unit()
        to_unit = self._interval_unit() if self.accept("TO") else None
        return nodes.IntervalLiteral(at, sign, value, unit, to_unit)

    def _interval_unit(self) -> str:
        if self.key not in INTERVAL_UNITS:
            for unit in INTERVAL_UNITS:
                self.ask(f"'{unit}'")
            raise self.refusal()
        return self.keys[self.advance()].lower()

    def typed_literal(self) -> Expression:
        """`name '…'`."""
        name = self.identifier()
        type_name = nodes.TypeName(name.at, name.value.lower())
        return nodes.TypedLiteral(name.at, type_name, self.string())

    def words_call(self, at: nodes.At, name: str, *arguments: Expression) -> nodes.FunctionCall:
        """A call made of a form with words of its own."""
        return nodes.FunctionCall(at, nodes.Name(at, (Identifier(at, name),)), arguments)
