"""JSON_EXISTS, JSON_VALUE, JSON_QUERY, JSON_OBJECT and JSON_ARRAY with their clauses."""

from __future__ import annotations

from local_athena.sql import nodes
from local_athena.sql.nodes import Expression, Identifier
from local_athena.sql.parser.calls import CallParser


class JsonParser(CallParser):
    """The JSON functions of SQL."""

    def json_call(self) -> Expression:
        """One of the five, as a JsonCall; see its docstring for the options."""
        at, name = self.at(), self.key.lower()
        self.advance()
        self.expect("(")
        if name == "json_object" or name == "json_array":
            return self._json_constructor(at, name)
        arguments = (self._json_value(), self._path())
        passing = self._passing()
        options: list[tuple[str, str]] = []
        defaults: list[tuple[str, Expression]] = []
        returning = None
        if name != "json_exists":
            returning = self._returning(options, name == "json_query")
        if name == "json_exists":
            for word in ("TRUE", "FALSE", "UNKNOWN", "ERROR"):
                if self.accept_words(word, "ON", "ERROR"):
                    options.append(("on_error", word.lower()))
                    break
        else:
            if name == "json_query":
                self._wrapper_and_quotes(options)
            self._behaviours(name, options, defaults)
        self.expect(")")
        return nodes.JsonCall(
            at, name, arguments, returning, tuple(options), tuple(defaults), passing
        )

    def _path(self) -> Expression:
        self.expect(",")
        at = self.at()
        path = nodes.StringLiteral(at, self.string())
        if self.accept("AS"):
            self.identifier()
        return path

    def _passing(self) -> tuple[tuple[Identifier, Expression], ...]:
        found: list[tuple[Identifier, Expression]] = []
        if self.accept("PASSING"):
            while True:
                value = self._json_value()
                self.expect("AS")
                found.append((self.identifier(), value))
                if not self.accept(","):
                    break
        return tuple(found)

    def _json_value(self) -> Expression:
        """An expression, wrapped when FORMAT JSON follows it."""
        value = self.expression()
        if self.key == "FORMAT" and self.peek() == "JSON":
            at = self.at()
            self.advance()
            return nodes.JsonFormat(at, value, self._representation())
        return value

    def _representation(self) -> str | None:
        """`JSON [ENCODING utf8|utf16|utf32]`, the encoding in lower case."""
        self.expect("JSON")
        if not self.accept("ENCODING"):
            return None
        if self.key not in ("UTF8", "UTF16", "UTF32"):
            raise self.refusal()
        return self.keys[self.advance()].lower()

    def _returning(self, options: list[tuple[str, str]], formatted: bool) -> nodes.TypeName | None:
        if not self.accept("RETURNING"):
            return None
        found = self.type()
        if formatted and self.accept("FORMAT"):
            encoding = self._representation()
            options.append(("format", "json" if encoding is None else f"json {encoding}"))
        return found

    def _wrapper_and_quotes(self, options: list[tuple[str, str]]) -> None:
        if self.key == "WITH" or self.key == "WITHOUT":
            word = self.keys[self.advance()].lower()
            if word == "with":
                word = "unconditional"
                if self.accept("CONDITIONAL"):
                    word = "conditional"
                else:
                    self.accept("UNCONDITIONAL")
            self.accept("ARRAY")
            self.expect("WRAPPER")
            options.append(("wrapper", word))
        if self.key in ("KEEP", "OMIT") and self.peek() == "QUOTES":
            options.append(("quotes", self.key.lower()))
            self.advance()
            self.advance()
            if self.key == "ON" and self.peek() == "SCALAR":
                self.expect_words("ON", "SCALAR", "STRING")

    def _behaviours(
        self, name: str, options: list[tuple[str, str]], defaults: list[tuple[str, Expression]]
    ) -> None:
        """`… ON EMPTY` and `… ON ERROR`, in this order, each if it stands here."""
        for event in ("EMPTY", "ERROR"):
            default = None
            if self.key == "DEFAULT" and name == "json_value":
                self.advance()
                word, default = "default", self.expression()
            elif self.key == "EMPTY" and name == "json_query":
                self.advance()
                if self.key not in ("ARRAY", "OBJECT"):
                    raise self.refusal()
                word = f"empty {self.keys[self.advance()].lower()}"
            elif self.key in ("ERROR", "NULL"):
                word = self.keys[self.advance()].lower()
            else:
                return
            self.expect("ON")
            at_error = event == "EMPTY" and self.accept("ERROR")
            clause = "on_error" if at_error else f"on_{event.lower()}"
            if not at_error:
                self.expect(event)
            options.append((clause, word))
            if default is not None:
                defaults.append((clause, default))
            if at_error:
                return

    def _json_constructor(self, at: nodes.At, name: str) -> Expression:
        arguments: list[Expression] = []
        options: list[tuple[str, str]] = []
        if self.key not in (")", "RETURNING"):
            member = self._member if name == "json_object" else self._element
            member(arguments)
            while self.accept(","):
                member(arguments)
            for word in ("NULL", "ABSENT"):
                if self.accept_words(word, "ON", "NULL"):
                    options.append(("nulls", word.lower()))
                    break
            if name == "json_object":
                for word in ("WITH", "WITHOUT"):
                    if self.accept_words(word, "UNIQUE"):
                        self.accept("KEYS")
                        options.append(("keys", f"{word.lower()} unique"))
                        break
        returning = self._returning(options, True)
        self.expect(")")
        return nodes.JsonCall(at, name, tuple(arguments), returning, tuple(options))

    def _element(self, arguments: list[Expression]) -> None:
        arguments.append(self._json_value())

    def _member(self, arguments: list[Expression]) -> None:
        """`[KEY] key VALUE value` or `key : value`."""
        if self.key == "KEY" and self.peek() not in (":", "VALUE", "(", ".", "["):
            self.advance()
            arguments.append(self.expression())
            self.expect("VALUE")
        else:
            arguments.append(self.expression())
            if not self.accept(":"):
                self.expect("VALUE")
        arguments.append(self._json_value())
