"""What an expression is made of: names, calls, brackets, literals."""

from __future__ import annotations

from collections.abc import Callable

from local_athena.sql import nodes
from local_athena.sql.errors import SqlError, SyntaxFault
from local_athena.sql.nodes import Expression, Identifier, Name
from local_athena.sql.parser import lexer
from local_athena.sql.parser.forms import FormParser

_ARGUMENT_COUNTS: dict[str, tuple[int, int, str]] = {
    "if": (2, 3, "Invalid number of arguments for 'if' function"),
    "nullif": (2, 2, "Invalid number of arguments for 'nullif' function"),
    "coalesce": (2, 1 << 20, "The 'coalesce' function must have at least two arguments"),
    "try": (1, 1, "The 'try' function must have exactly one argument"),
    "format": (2, 1 << 20, "The 'format' function must have at least two arguments"),
}


class CallParser(FormParser):
    """Trino's `primaryExpression` rule, the JSON functions aside."""

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
            raise self.refusal()
        return self._named()

    # ------------------------------------------------------------ names and calls

    def _named(self) -> Expression:
        at, following = self.at(), self.peek()
        if following == lexer.STRING or following == lexer.UNICODE_STRING:
            return self.typed_literal()
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
            condition = self.filter_clause()
            return nodes.FunctionCall(
                name.at, name, star=True, filter=condition, window=self.over_clause()
            )
        if self.names[self.index] and self.peek() == "." and self.peek(2) == "*":
            raise SqlError(
                "INVALID_FUNCTION_ARGUMENT",
                "label.* syntax is only supported as the only argument "
                "of row pattern count function",
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
        condition = self.filter_clause()
        nulls = self._null_treatment()
        window = self.over_clause()
        if nulls is not None and window is None:
            raise self.refusal()
        call = nodes.FunctionCall(
            name.at, name, arguments, False, distinct, order_by, condition, nulls, window
        )
        _check_special(call)
        return call

    def _null_treatment(self) -> str | None:
        if self.key in ("IGNORE", "RESPECT") and self.peek() == "NULLS":
            word = self.keys[self.advance()].lower()
            self.advance()
            return word
        return None

    def over_clause(self) -> nodes.Window | None:
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
            return nodes.Window(at, self.identifier(), bare=True)
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
        if self.peek() != "(" or self.peek(2) == ")":
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
    "INTERVAL": CallParser.interval_form,
    "DOUBLE": CallParser.double_form,
    "ROW": CallParser._row,
    "ARRAY": CallParser._array,
    "CASE": CallParser.case_form,
    "CAST": CallParser.cast_form,
    "TRY_CAST": CallParser.cast_form,
    "EXISTS": CallParser.exists_form,
    "CURRENT_DATE": CallParser.current_form,
    "CURRENT_TIME": CallParser.current_form,
    "CURRENT_TIMESTAMP": CallParser.current_form,
    "LOCALTIME": CallParser.current_form,
    "LOCALTIMESTAMP": CallParser.current_form,
    "CURRENT_USER": CallParser.current_form,
    "CURRENT_CATALOG": CallParser.current_form,
    "CURRENT_SCHEMA": CallParser.current_form,
    "CURRENT_PATH": CallParser.current_form,
    "POSITION": CallParser.position_form,
    "SUBSTRING": CallParser.substring_form,
    "EXTRACT": CallParser.extract_form,
    "TRIM": CallParser.trim_form,
    "NORMALIZE": CallParser.normalize_form,
    "GROUPING": CallParser.grouping_form,
    "LISTAGG": CallParser.listagg_form,
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
