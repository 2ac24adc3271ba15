"""Types as CAST writes them: `decimal(10, 2)`, `array(row(a integer))`, `time with time zone`."""

from __future__ import annotations

from local_athena.sql.nodes import RowField, TypeName
from local_athena.sql.parser import lexer
from local_athena.sql.parser.cursor import Cursor
from local_athena.sql.parser.words import INTERVAL_UNITS


class TypeParser(Cursor):
    """Trino's `type` rule."""

    def type(self) -> TypeName:
        """A type with its `ARRAY` suffixes.

        Raises:
            SyntaxFault: no type stands here.
        """
        if self.trace:
            self.ask("<type>")
            self.muted = self.index
        self.deeper()
        at = self.at()
        found = self._type_without_suffix()
        while self.key == "ARRAY":
            self.advance()
            if self.accept("["):
                self.integer()
                self.expect("]")
            found = TypeName(at, "array", (found,))
        self.depth -= 1
        return found

    def _type_without_suffix(self) -> TypeName:
        at, key, following = self.at(), self.key, self.peek()
        if key == "ROW" and following == "(":
            self.advance()
            return TypeName(at, "row", self._row_fields())
        if key == "INTERVAL" and following in INTERVAL_UNITS:
            self.advance()
            return TypeName(at, self._interval_type())
        if key == "TIME" or key == "TIMESTAMP":
            return self._date_time(key.lower())
        if key == "DOUBLE" and following == "PRECISION":
            self.advance()
            self.advance()
            return TypeName(at, "double")
        if key in ("ARRAY", "MAP") and following == "<":
            return self._angled(key.lower())
        name = self.identifier().value.lower()
        arguments: list[int | TypeName | RowField] = []
        if self.accept("("):
            arguments.append(self._type_parameter())
            while self.accept(","):
                arguments.append(self._type_parameter())
            self.expect(")")
        return TypeName(at, name, tuple(arguments))

    def _type_parameter(self) -> int | TypeName:
        if self.key == lexer.INTEGER:
            return self.integer()
        return self.type()

    def _angled(self, name: str) -> TypeName:
        at = self.at()
        self.advance()
        self.expect("<")
        arguments: list[int | TypeName | RowField] = [self.type()]
        if name == "map":
            self.expect(",")
            arguments.append(self.type())
        self.expect(">")
        return TypeName(at, name, tuple(arguments))

    def _date_time(self, base: str) -> TypeName:
        at = self.at()
        self.advance()
        arguments: tuple[int | TypeName | RowField, ...] = ()
        if self.accept("("):
            arguments = (self._type_parameter(),)
            self.expect(")")
        if self.accept("WITH"):
            self.expect_words("TIME", "ZONE")
            return TypeName(at, f"{base} with time zone", arguments)
        if self.key == "WITHOUT" and self.peek() == "TIME":
            self.advance()
            self.expect_words("TIME", "ZONE")
        return TypeName(at, base, arguments)

    def _interval_type(self) -> str:
        start = self.keys[self.advance()]
        end = start
        if self.accept("TO"):
            if self.key not in INTERVAL_UNITS:
                raise self.refusal()
            end = self.keys[self.advance()]
        return f"interval {start} to {end}".lower()

    def _row_fields(self) -> tuple[RowField, ...]:
        self.expect("(")
        fields = [self._row_field()]
        while self.accept(","):
            fields.append(self._row_field())
        self.expect(")")
        return tuple(fields)

    def _row_field(self) -> RowField:
        """`type` where that reading holds up to the comma or bracket, else `name type`."""
        at, start = self.at(), self.index
        if self.key == lexer.END or not self.names[start + 1] or self.key in ("DOUBLE", "INTERVAL"):
            named = False
        else:
            named = self.peek() != "ARRAY" or self.peek(2) not in (",", ")", "[", "ARRAY")
            named = named and not (
                self.key in ("TIME", "TIMESTAMP") and self.keys[start + 1 : start + 4][1:] == _ZONE
            )
        if not named:
            found = self.type()
            if self.key in (",", ")"):
                return RowField(at, None, found)
            self.go(start)
        name = self.identifier()
        return RowField(at, name, self.type())


_ZONE = ["TIME", "ZONE"]
