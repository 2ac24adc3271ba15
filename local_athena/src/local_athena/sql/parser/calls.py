"""What an expression is made of: names, calls, brackets, CASE, CAST and the forms with their own words."""

from __future__ import annotations

from collections.abc import Callable

from local_athena.sql import nodes
from local_athena.sql.errors import SqlError, SyntaxFault
from local_athena.sql.nodes import Expression, Identifier, Name
from local_athena.sql.parser import lexer
from local_athena.sql.parser.expressions import ExpressionParser
from local_athena.sql.parser.words import EXTRACT_FIELDS, INTERVAL_UNITS

_NORMAL_FORMS = ("NFC", "NFD", "NFKC", "NFKD")
_ARGUMENT_COUNTS: dict[str, tuple[int, int, str]] = {
    "if": (2, 3, "Invalid number of arguments for 'if' function"),
    "nullif": (2, 2, "Invalid number of arguments for 'nullif' function"),
    "coalesce": (2, 1 << 20, "The 'coalesce' function must have at least two arguments"),
    "try": (1, 1, "The 'try' function must have exactly one argument"),
    "format": (2, 1 << 20, "The 'format' function must have at least two arguments"),
}


class CallParser(ExpressionParser):
    """Trino's `primaryExpression` rule, the JSON functions aside."""

    def sort_items(self) -> tuple[nodes.SortItem, ...]:
        """What stands after ORDER BY; the query parser's part."""
        raise NotImplementedError

    def window_specification(self) -> nodes.Window:
        """What stands in the brackets of OVER; the query parser's part."""
        raise NotImplementedError

    def json_call(self) -> Expression:
        """One of the JSON functions; the JSON parser's part."""
        raise NotImplementedError

    def primary(self) -> Expression:
        form = _FORMS.get(self.key)
        if form is not None:
            found = form(self)
            if found is not None:
                return found
        if not self.names[self.index]:
            if self.trace:
                self.ask("<expression>")
            self.fail()
        return self._named()

    # ------------------------------------------------------------ names and calls

    def _named(self) -> Expression:
        at = self.at()
        following = self.peek()
        if following == lexer.STRING or following == lexer.UNICODE_STRING:
            literal = self.typed_literal()
            assert literal is not None
            return literal
        if following == "->":
            name = self.identifier()
            self.advance()
            return nodes.Lambda(at, (name,), self.expression())
        ahead = self.index
        while self.keys[ahead + 1] == "." and self.names[ahead + 2]:
            ahead += 2
        if self.keys[ahead + 1] == "(":
            return self._call(self.qualified_name())
        if self.trace:
            self.asked.setdefault(self.index + 1, set())
        return nodes.ColumnName(at, self.identifier())

    def _call(self, name: Name) -> Expression:
        self.expect("(")
        if self.key == "*":
            self.advance()
            self.expect(")")
            condition = self._filter()
            return nodes.FunctionCall(
                name.at, name, star=True, filter=condition, window=self._over()
            )
        if self.names[self.index] and self.peek() == "." and self.peek(2) == "*":
            raise SqlError(
                "INVALID_FUNCTION_ARGUMENT",
                "label.* syntax is only supported as the only argument of row pattern count function",
                self.at(),
            )
        distinct = False
        arguments: tuple[Expression, ...] = ()
        order_by: tuple[nodes.SortItem, ...] = ()
        if self.key != ")":
            if self.accept("DISTINCT"):
                distinct = True
            elif self.key == "ALL" and self.peek() not in (",", ")", ".", "["):
                self.advance()
            if self.key != "ORDER":
                arguments = self.expressions()
        if self.accept("ORDER"):
            self.expect("BY")
            order_by = self.sort_items()
        self.expect(")")
        condition = self._filter()
        nulls = self._null_treatment()
        window = self._over()
        if nulls is not None and window is None:
            self.fail()
        call = nodes.FunctionCall(
            name.at, name, arguments, False, distinct, order_by, condition, nulls, window
        )
        _check_special(call)
        return call

    def _filter(self) -> Expression | None:
        if self.key != "FILTER" or self.peek() != "(":
            return None
        self.advance()
        self.expect("(")
        self.expect("WHERE")
        condition = self.expression()
        self.expect(")")
        return condition

    def _null_treatment(self) -> str | None:
        if self.key in ("IGNORE", "RESPECT") and self.peek() == "NULLS":
            word = self.keys[self.advance()].lower()
            self.advance()
            return word
        return None

    def _over(self) -> nodes.Window | None:
        if self.key != "OVER":
            return None
        if self.peek() == "(":
            self.advance()
            self.advance()
            window = self.window_specification()
            self.expect(")")
            return window
        if self.names[self.index + 1]:
            at = self.at()
            self.advance()
            return nodes.Window(at, self.identifier())
        return None

    # ------------------------------------------------------------ brackets

    def _brackets(self) -> Expression:
        at = self.at()
        parameters = self._lambda_parameters()
        if parameters is not None:
            return nodes.Lambda(at, parameters, self.expression())
        if self.at_query(self.index):
            self.advance()
            query = self.query()
            self.expect(")")
            return nodes.ScalarQuery(at, query)
        self.expect("(")
        items = self.expressions()
        self.expect(")")
        return items[0] if len(items) == 1 else nodes.RowConstructor(at, items)

    def _lambda_parameters(self) -> tuple[Identifier, ...] | None:
        """The names of `(a, b) ->`, arrow read; None when it is no lambda."""
        close = self.tokens.partner[self.index]
        if close + 1 >= len(self.keys) or self.keys[close + 1] != "->":
            return None
        names: tuple[Identifier, ...] = ()
        if self.peek() == ")":
            self.advance()
            self.advance()
        else:
            names = self.identifier_list()
        self.expect("->")
        return names

    def _row(self) -> Expression | None:
        if self.peek() != "(":
            return None
        at = self.at()
        self.advance()
        self.expect("(")
        items = self.expressions()
        self.expect(")")
        return nodes.RowConstructor(at, items)

    def _array(self) -> Expression | None:
        if self.peek() != "[":
            return None
        at = self.at()
        self.advance()
        self.advance()
        items: tuple[Expression, ...] = ()
        if self.key != "]":
            items = self.expressions()
        self.expect("]")
        return nodes.ArrayConstructor(at, items)

    # ------------------------------------------------------------ literals

    def _null(self) -> Expression:
        return nodes.NullLiteral(self.tokens.at(self.advance()))

    def _boolean(self) -> Expression:
        value = self.key == "TRUE"
        return nodes.BooleanLiteral(self.tokens.at(self.advance()), value)

    def _string(self) -> Expression:
        at = self.at()
        return nodes.StringLiteral(at, self.string())

    def _parameter(self) -> Expression:
        at = self.tokens.at(self.advance())
        self.parameters += 1
        return nodes.Parameter(at, self.parameters - 1)

    def _interval(self) -> Expression | None:
        """An interval; `INTERVAL 'x'` without a unit is a typed literal like any other."""
        text = 2 if self.peek() in ("+", "-") else 1
        if self.peek(text) not in (lexer.STRING, lexer.UNICODE_STRING):
            return None
        after = text + 3 if self.peek(text + 1) == "UESCAPE" else text + 1
        if self.peek(after) in INTERVAL_UNITS or text == 2:
            return self.interval()
        return None

    def _double(self) -> Expression | None:
        return self.typed_literal()

    # ------------------------------------------------------------ forms with words of their own

    def _case(self) -> Expression:
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

    def _cast(self) -> Expression | None:
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

    def _exists(self) -> Expression:
        at = self.at()
        self.advance()
        self.expect("(")
        query = self.query()
        self.expect(")")
        return nodes.Exists(at, query)

    def _current(self) -> Expression:
        at, name = self.at(), self.key.lower()
        self.advance()
        if name in ("current_time", "current_timestamp", "localtime", "localtimestamp"):
            if self.accept("("):
                precision = nodes.IntegerLiteral(self.at(), self.integer())
                self.expect(")")
                return self.words_call(at, name, precision)
        return self.words_call(at, name)

    def _position(self) -> Expression | None:
        """`POSITION(a IN b)` is `strpos(b, a)`; with a comma it is a call like any other."""
        if self.peek() != "(":
            return None
        at, start = self.at(), self.index
        self.advance()
        self.advance()
        if self.key != ")":
            needle = self.value()
            if self.accept("IN"):
                haystack = self.value()
                self.expect(")")
                return self.words_call(at, "strpos", haystack, needle)
        self.go(start)
        return None

    def _substring(self) -> Expression | None:
        if self.peek() != "(":
            return None
        at, start = self.at(), self.index
        self.advance()
        self.advance()
        if self.key != ")":
            arguments = [self.value()]
            if self.accept("FROM"):
                arguments.append(self.value())
                if self.accept("FOR"):
                    arguments.append(self.value())
                self.expect(")")
                return self.words_call(at, "substring", *arguments)
        self.go(start)
        return None

    def _extract(self) -> Expression:
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

    def _trim(self) -> Expression:
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

    def _normalize(self) -> Expression:
        at = self.at()
        self.advance()
        self.expect("(")
        operand = self.value()
        form = nodes.StringLiteral(at, "NFC")
        if self.accept(","):
            if self.key not in _NORMAL_FORMS:
                for word in _NORMAL_FORMS:
                    self.ask(f"'{word}'")
                self.fail()
            form = nodes.StringLiteral(self.at(), self.key)
            self.advance()
        self.expect(")")
        return self.words_call(at, "normalize", operand, form)

    def _grouping(self) -> Expression:
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

    def _listagg(self) -> Expression:
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
        return nodes.FunctionCall(at, name, arguments, False, distinct, order_by, self._filter())

    def _json(self) -> Expression:
        return self.json_call()


_FORMS: dict[str, Callable[[CallParser], Expression | None]] = {
    "(": CallParser._brackets,
    "-": CallParser.number,
    lexer.INTEGER: CallParser.number,
    lexer.DECIMAL: CallParser.number,
    lexer.DOUBLE: CallParser.number,
    lexer.STRING: CallParser._string,
    lexer.UNICODE_STRING: CallParser._string,
    lexer.BINARY: CallParser.binary,
    "?": CallParser._parameter,
    "NULL": CallParser._null,
    "TRUE": CallParser._boolean,
    "FALSE": CallParser._boolean,
    "INTERVAL": CallParser._interval,
    "DOUBLE": CallParser._double,
    "ROW": CallParser._row,
    "ARRAY": CallParser._array,
    "CASE": CallParser._case,
    "CAST": CallParser._cast,
    "TRY_CAST": CallParser._cast,
    "EXISTS": CallParser._exists,
    "CURRENT_DATE": CallParser._current,
    "CURRENT_TIME": CallParser._current,
    "CURRENT_TIMESTAMP": CallParser._current,
    "LOCALTIME": CallParser._current,
    "LOCALTIMESTAMP": CallParser._current,
    "CURRENT_USER": CallParser._current,
    "CURRENT_CATALOG": CallParser._current,
    "CURRENT_SCHEMA": CallParser._current,
    "CURRENT_PATH": CallParser._current,
    "POSITION": CallParser._position,
    "SUBSTRING": CallParser._substring,
    "EXTRACT": CallParser._extract,
    "TRIM": CallParser._trim,
    "NORMALIZE": CallParser._normalize,
    "GROUPING": CallParser._grouping,
    "LISTAGG": CallParser._listagg,
    "JSON_EXISTS": CallParser._json,
    "JSON_VALUE": CallParser._json,
    "JSON_QUERY": CallParser._json,
    "JSON_OBJECT": CallParser._json,
    "JSON_ARRAY": CallParser._json,
}


def _check_special(call: nodes.FunctionCall) -> None:
    """Refuse what Trino's parser refuses of IF, NULLIF, COALESCE, TRY and FORMAT.

    Raises:
        SyntaxFault: a wrong count of arguments, or a clause that the form does not take.
    """
    if len(call.name.parts) != 1:
        return
    name = call.name.parts[0].value.lower()
    rule = _ARGUMENT_COUNTS.get(name)
    if rule is None:
        return
    least, most, message = rule
    if not least <= len(call.arguments) <= most:
        raise SyntaxFault(message, call.at)
    clauses = (
        ("OVER clause", call.window is not None),
        ("DISTINCT", call.distinct),
        ("Null treatment clause", call.null_treatment is not None),
        ("FILTER", call.filter is not None),
    )
    for clause, given in clauses:
        if given:
            raise SyntaxFault(f"{clause} not valid for '{name}' function", call.at)
