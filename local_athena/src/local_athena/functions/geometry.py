"""Values of Trino's Geometry: shapely shapes inside, Well-Known Text as DuckDB holds them.

The text is the one that Trino answers with: outer rings counter-clockwise, inner ones clockwise,
numbers with the fewest digits that read back, and an exponent where C's `%.17g` would write one.
Reading is as lenient as Trino's: any case, rings closed by themselves, points of a multipoint with
or without brackets. Coordinates are flat; Z and M are refused.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from local_athena.sql.errors import SqlError

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

Coordinate = tuple[float, float]

_TOKEN = re.compile(r"\s*(?:([A-Za-z]+)|([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)|([(),]))")
_KINDS = {
    "Point": "POINT",
    "MultiPoint": "MULTI_POINT",
    "LineString": "LINE_STRING",
    "LinearRing": "LINE_STRING",
    "MultiLineString": "MULTI_LINE_STRING",
    "Polygon": "POLYGON",
    "MultiPolygon": "MULTI_POLYGON",
    "GeometryCollection": "GEOMETRY_COLLECTION",
}


def bad(message: str) -> SqlError:
    """INVALID_FUNCTION_ARGUMENT."""
    return SqlError("INVALID_FUNCTION_ARGUMENT", message)


def kind(shape: BaseGeometry) -> str:
    """Trino's name of the shape's type in messages: LINE_STRING."""
    return _KINDS[shape.geom_type]


def require(function: str, shape: BaseGeometry, *kinds: str) -> None:
    """Refuse a shape of another type than these."""
    if kind(shape) not in kinds:
        raise bad(f"{function} only applies to {' or '.join(kinds)}. Input type is: {kind(shape)}")


def point(x: float, y: float) -> BaseGeometry:
    """A point; an empty one where a coordinate is NaN."""
    import shapely

    return shapely.Point() if math.isnan(x) or math.isnan(y) else shapely.Point(x, y)


def parts(shape: BaseGeometry) -> list[BaseGeometry]:
    """A multi-shape's or collection's members; a single shape alone."""
    return list(getattr(shape, "geoms", (shape,)))


def leaves(shape: BaseGeometry) -> Iterator[BaseGeometry]:
    """The single shapes inside, collections opened to any depth."""
    for part in parts(shape):
        if hasattr(part, "geoms"):
            yield from leaves(part)
        else:
            yield part


def oriented(shape: BaseGeometry) -> BaseGeometry:
    """The same shape with its rings turned Trino's way; each keeps its first vertex."""
    import shapely

    if shape.geom_type == "Polygon" and not shape.is_empty:
        return shapely.Polygon(
            _turned(shape.exterior.coords, clockwise=False),
            [_turned(ring.coords, clockwise=True) for ring in shape.interiors],
        )
    if shape.geom_type in ("MultiPolygon", "GeometryCollection"):
        return type(shape)([oriented(part) for part in parts(shape)])
    return shape


def _turned(ring: Iterable[Coordinate], clockwise: bool) -> list[Coordinate]:
    points = list(ring)
    doubled = sum((bx - ax) * (by + ay) for (ax, ay), (bx, by) in itertools.pairwise(points))
    return points if (doubled > 0) == clockwise or doubled == 0 else points[::-1]


# ---------------------------------------------------------------- text


def read(text: str) -> BaseGeometry:
    """The shape of a text that `show` wrote."""
    import shapely

    return shapely.from_wkt(text)


def show(shape: BaseGeometry) -> str:
    """Well-Known Text as Trino writes it; rings as they are turned."""
    name = "LINESTRING" if shape.geom_type == "LinearRing" else shape.geom_type.upper()
    if shape.is_empty:
        return f"{name} EMPTY"
    return f"{name} {_body(shape)}"


def _body(shape: BaseGeometry) -> str:
    family = shape.geom_type
    if family in ("Point", "LineString", "LinearRing"):
        return _path(shape.coords)
    if family == "Polygon":
        rings = (shape.exterior, *shape.interiors)
        return f"({', '.join(_path(ring.coords) for ring in rings)})"
    if family == "GeometryCollection":
        return f"({', '.join(show(part) for part in parts(shape))})"
    return f"({', '.join(_body(part) for part in parts(shape))})"


def _path(points: Iterable[Coordinate]) -> str:
    return "(" + ", ".join(f"{number(x)} {number(y)}" for x, y in points) + ")"


def number(value: float) -> str:
    """A coordinate's text."""
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    digits = Decimal(repr(value))
    if value and not -4 <= digits.adjusted() < 17:
        mantissa, exponent = f"{digits:.16e}".split("e")
        return f"{mantissa}e{int(exponent):+03}"
    if value == math.floor(value):
        return f"{value:.0f}"
    return format(digits, "f")


def parse(text: str) -> BaseGeometry:
    """The shape of a text that a user wrote.

    Raises:
        SqlError: INVALID_FUNCTION_ARGUMENT.
    """
    reader = _Reader(text)
    shape = reader.shape()
    reader.end()
    return oriented(shape)


class _Reader:
    """A cursor over the tokens of a Well-Known Text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens: list[str] = []
        at = 0
        stripped = text.rstrip()
        while at < len(stripped):
            found = _TOKEN.match(stripped, at)
            if found is None:
                raise self._error()
            self._tokens.append(found.group().strip())
            at = found.end()
        self._at = 0

    def _error(self) -> SqlError:
        return bad(f"Invalid WKT: {self._text}")

    def _next(self) -> str:
        if self._at >= len(self._tokens):
            raise self._error()
        self._at += 1
        return self._tokens[self._at - 1]

    def _peek(self) -> str:
        return self._tokens[self._at].upper() if self._at < len(self._tokens) else ""

    def _expect(self, token: str) -> None:
        if self._next() != token:
            raise self._error()

    def end(self) -> None:
        if self._at != len(self._tokens):
            raise self._error()

    def shape(self) -> BaseGeometry:
        import shapely

        name = self._next().upper()
        readers: dict[str, tuple[Any, Any]] = {
            "POINT": (shapely.Point, self._single),
            "LINESTRING": (shapely.LineString, self._line),
            "POLYGON": (shapely.Polygon, self._polygon),
            "MULTIPOINT": (shapely.MultiPoint, self._multipoint),
            "MULTILINESTRING": (shapely.MultiLineString, lambda: self._list(self._line)),
            "MULTIPOLYGON": (
                shapely.MultiPolygon,
                lambda: self._list(lambda: shapely.Polygon(*self._polygon_or_empty())),
            ),
            "GEOMETRYCOLLECTION": (
                shapely.GeometryCollection,
                lambda: self._list(self.shape),
            ),
        }
        if name not in readers:
            raise self._error()
        if self._peek() in ("Z", "M", "ZM"):
            raise SqlError("NOT_SUPPORTED", "geometries with Z or M are not supported")
        make, content = readers[name]
        if self._peek() == "EMPTY":
            self._next()
            return make()
        found = content()
        return make(*found) if name == "POLYGON" else make(found)

    def _list(self, item: Any) -> list[Any]:
        self._expect("(")
        items = [item()]
        while self._peek() == ",":
            self._next()
            items.append(item())
        self._expect(")")
        return items

    def _coordinate(self) -> Coordinate:
        return self._number(), self._number()

    def _number(self) -> float:
        try:
            return float(self._next())
        except ValueError:
            raise self._error() from None

    def _single(self) -> Coordinate:
        self._expect("(")
        point = self._coordinate()
        self._expect(")")
        return point

    def _line(self) -> list[Coordinate]:
        points: list[Coordinate] = self._list(self._coordinate)
        return points * 2 if len(points) == 1 else points

    def _multipoint(self) -> list[Coordinate]:
        return self._list(lambda: self._single() if self._peek() == "(" else self._coordinate())

    def _ring(self) -> list[Coordinate]:
        points = self._list(self._coordinate)
        if points[0] != points[-1]:
            points.append(points[0])
        while len(points) < 4:
            points.append(points[0])
        return points

    def _polygon(self) -> tuple[list[Coordinate], list[list[Coordinate]]]:
        shell, *holes = self._list(self._ring)
        return shell, holes

    def _polygon_or_empty(self) -> tuple[Any, ...]:
        if self._peek() == "EMPTY":
            self._next()
            return ()
        return self._polygon()
