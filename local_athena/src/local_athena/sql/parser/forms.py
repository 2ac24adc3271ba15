"""Forms with words of their own: CASE, CAST, EXISTS, EXTRACT, TRIM, LISTAGG and their like."""

from __future__ import annotations

from local_athena.sql import nodes
from local_athena.sql.errors import SyntaxFault
from local_athena.sql.nodes import Expression, Identifier, Name
from local_athena.sql.parser import lexer
from local_athena.sql.parser.expressions import ExpressionParser
from local_athena.sql.parser.words import EXTRACT_FIELDS, INTERVAL_UNITS

_NORMAL_FORMS = ("NFC", "NFD", "NFKC", "NFKD")


class FormParser(ExpressionParser):
    """The parts of Trino's `primaryExpression` rule that begin with a word.

    A form returns None, nothing read, where its word is a mere name.
    """

    def sort_items(self) -> tuple[nodes.SortItem, ...]:
        """What stands after ORDER BY; the query parser's part."""
        raise NotImplementedError

    def over_clause(self) -> nodes.Window | None:
        """What stands after OVER; the calls parser's part."""
        raise NotImplementedError

    def filter_clause(self) -> Expression | None:
        """`FILTER (WHERE …)`."""
        if self.key != "FILTER" or self.peek() != "(":
            return None
        self.advance()
        self.expect("(")
        self.expect("WHERE")
        condition = self.expression()
        self.expect(")")
        return condition

    def interval_form(self) -> Expression | None:
        """An interval; `INTERVAL 'x'` without a unit is a typed literal like any other."""
        text = 2 if self.peek() in ("+", "-") else 1
        if self.peek(text) not in (lexer.STRING, lexer.UNICODE_STRING):
            return None
        after = text + 3 if self.peek(text + 1) == "UESCAPE" else text + 1
        if self.peek(after) in INTERVAL_UNITS or text == 2:
            return self.interval()
        return None

    def double_form(self) -> Expression | None:
        """`DOUBLE PRECISION '…'`; anything else that begins with the word is another form."""
        if self.peek() == "PRECISION" and self.peek(2) in (lexer.STRING, lexer.UNICODE_STRING):
            at = self.tokens.at(self.advance())
            self.advance()
            return nodes.TypedLiteral(at, nodes.TypeName(at, "double"), self.string())
        return None

    def case_form(self) -> Expression:
        at = self.at()
        self.advance()
        operand = None if self.key == "WHEN" else self.expression()
        whens = []
        while self.key == "WHEN":
            place = self.at()
            self.advance()
            condition = self.expression()
            self.expect("THEN")
            whens.append(nodes.When(place, condition, self.expression()))
        if not whens:
            self.expect("WHEN")
        if self.trace:
            self.ask("'WHEN'")
        default = self.expression() if self.accept("ELSE") else None
        self.expect("END")
        return nodes.Case(at, operand, tuple(whens), default)

    def cast_form(self) -> Expression | None:
        safe = self.key == "TRY_CAST"
        if safe and self.peek() != "(":
            return None
        at = self.at()
        self.advance()
        self.expect("(")
        operand = self.expression()
        self.expect("AS")
        target = self.type()
        self.expect(")")
        return nodes.Cast(at, operand, target, safe)

    def exists_form(self) -> Expression:
        at = self.at()
        self.advance()
        self.expect("(")
        query = self.query()
        self.expect(")")
        return nodes.Exists(at, query)

    def current_form(self) -> Expression:
        at, name = self.at(), self.key.lower()
        self.advance()
        precise = name in ("current_time", "current_timestamp", "localtime", "localtimestamp")
        if precise and self.accept("("):
            precision = nodes.IntegerLiteral(self.at(), self.integer())
            self.expect(")")
            return self.words_call(at, name, precision)
        return self.words_call(at, name)

    def _next_at_level(self, *wanted: str) -> str:
        """Which of the keys comes first between the bracket that comes next and its partner.

        What stands in brackets of its own is skipped. END where none comes.
        """
        index, partner = self.index + 1, self.tokens.partner
        close = partner[self.index]
        while index < close:
            if self.keys[index] in wanted:
                return self.keys[index]
            index = partner.get(index, index) + 1
        return lexer.END

    def position_form(self) -> Expression | None:
        """`POSITION(a IN b)` is `strpos(b, a)`; with a comma it is a call like any other."""
        if self.peek() != "(":
            return None
        at, start = self.at(), self.index
        self.advance()
        if self._next_at_level(",", "IN") != "IN":
            self.go(start)
            return None
        self.expect("(")
        needle = self.value()
        self.expect("IN")
        haystack = self.value()
        self.expect(")")
        return self.words_call(at, "strpos", haystack, needle)

    def substring_form(self) -> Expression | None:
        """`SUBSTRING(a FROM b [FOR c])`; with commas it is a call like any other."""
        if self.peek() != "(":
            return None
        at, start = self.at(), self.index
        self.advance()
        if self._next_at_level(",", "FROM") != "FROM":
            self.go(start)
            return None
        self.expect("(")
        arguments = [self.value()]
        self.expect("FROM")
        arguments.append(self.value())
        if self.accept("FOR"):
            arguments.append(self.value())
        self.expect(")")
        return self.words_call(at, "substring", *arguments)

    def extract_form(self) -> Expression:
        at = self.at()
        self.advance()
        self.expect("(")
        field = self.identifier()
        self.expect("FROM")
        operand = self.value()
        self.expect(")")
        if field.value.upper() not in EXTRACT_FIELDS:
            raise SyntaxFault(
                f"Invalid EXTRACT field {field.value}, valid fields are: "
                + ", ".join(EXTRACT_FIELDS),
                at,
            )
        text = nodes.StringLiteral(field.at, field.value.lower())
        return self.words_call(at, "extract", text, operand)

    def trim_form(self) -> Expression:
        at = self.at()
        self.advance()
        self.expect("(")
        place, mode, given = self.at(), "both", False
        if self.key in ("BOTH", "LEADING", "TRAILING") and self.peek() not in (")", ",", "."):
            mode, given = self.keys[self.advance()].lower(), True
        specification = nodes.StringLiteral(place, mode)
        if self.key == "FROM":
            self.advance()
            if not given:
                raise SyntaxFault(
                    "The 'trim' function must have specification, char or both arguments "
                    "when it takes FROM",
                    at,
                )
            source = self.value()
            self.expect(")")
            return self.words_call(at, "trim", specification, source)
        first = self.value()
        if self.accept("FROM"):
            source = self.value()
            self.expect(")")
            return self.words_call(at, "trim", specification, source, first)
        if given:
            self.expect("FROM")
        if self.accept(","):
            characters = self.value()
            self.expect(")")
            return self.words_call(at, "trim", specification, first, characters)
        self.expect(")")
        return self.words_call(at, "trim", specification, first)

    def normalize_form(self) -> Expression:
        at = self.at()
        self.advance()
        self.expect("(")
        operand = self.value()
        form = nodes.StringLiteral(at, "NFC")
        if self.accept(","):
            if self.key not in _NORMAL_FORMS:
                for word in _NORMAL_FORMS:
                    self.ask(f"'{word}'")
                raise self.refusal()
            form = nodes.StringLiteral(self.at(), self.key)
            self.advance()
        self.expect(")")
        return self.words_call(at, "normalize", operand, form)

    def grouping_form(self) -> Expression:
        at = self.at()
        self.advance()
        self.expect("(")
        arguments: list[Expression] = []
        if self.key != ")":
            arguments.append(self._column_path())
            while self.accept(","):
                arguments.append(self._column_path())
        self.expect(")")
        return self.words_call(at, "grouping", *arguments)

    def _column_path(self) -> Expression:
        name = self.qualified_name()
        found: Expression = nodes.ColumnName(name.at, name.parts[0])
        for part in name.parts[1:]:
            found = nodes.Dereference(name.at, found, part)
        return found

    def listagg_form(self) -> Expression:
        """Arguments: value, separator, fail on overflow, filler, count of what is left out."""
        at = self.at()
        self.advance()
        self.expect("(")
        distinct = self.accept("DISTINCT")
        if not distinct and self.key == "ALL":
            self.advance()
        value = self.expression()
        separator = self.string() if self.accept(",") else ""
        fails, filler, counted = True, "...", False
        if self.accept("ON"):
            self.expect("OVERFLOW")
            if not self.accept("ERROR"):
                fails = False
                self.expect("TRUNCATE")
                if self.at_string():
                    filler = self.string()
                counted = self.accept("WITH")
                if not counted:
                    self.expect("WITHOUT")
                self.expect("COUNT")
        self.expect(")")
        self.expect_words("WITHIN", "GROUP", "(", "ORDER", "BY")
        order_by = self.sort_items()
        self.expect(")")
        arguments = (
            value,
            nodes.StringLiteral(at, separator),
            nodes.BooleanLiteral(at, fails),
            nodes.StringLiteral(at, filler),
            nodes.BooleanLiteral(at, counted),
        )
        name = Name(at, (Identifier(at, "listagg"),))
        condition = self.filter_clause()
        return nodes.FunctionCall(
            at, name, arguments, False, distinct, order_by, condition, None, self.over_clause()
        )
