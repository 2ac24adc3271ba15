"""What a shape consists of: its coordinates, vertices, members and rings, and what kind it is."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING

from local_athena.functions.geometry import (
    leaves,
    parts,
    point,
    require,
)

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

_LINES = ("LINE_STRING", "MULTI_LINE_STRING")
_SIMPLE = ("POINT", "MULTI_POINT", *_LINES, "POLYGON", "MULTI_POLYGON")


def coordinate(function: str, axis: int) -> Callable[[BaseGeometry], float | None]:
    def get(shape: BaseGeometry) -> float | None:
        require(function, shape, "POINT")
        return None if shape.is_empty else float(shape.coords[0][axis])

    return get


def bound(index: int) -> Callable[[BaseGeometry], float | None]:
    return lambda shape: None if shape.is_empty else float(shape.bounds[index])


def type_name(shape: BaseGeometry) -> str:
    name: str = shape.geom_type
    return "ST_" + {"GeometryCollection": "GeomCollection"}.get(name, name)


def dimension(shape: BaseGeometry) -> int:
    import shapely

    return max(0, int(shapely.get_dimensions(shape)))


def count_points(shape: BaseGeometry) -> int:
    """Vertices; a ring's closing point is not counted."""
    import shapely

    rings = sum(
        1 + len(leaf.interiors)
        for leaf in leaves(shape)
        if leaf.geom_type == "Polygon" and not leaf.is_empty
    )
    return int(shapely.get_num_coordinates(shape)) - rings


def points(shape: BaseGeometry) -> list[BaseGeometry] | None:
    """Every vertex; rings are walked the other way round than they are written."""
    import shapely

    if shape.is_empty:
        return None
    found: list[BaseGeometry] = []
    for leaf in leaves(shape):
        paths = (
            [ring.coords[::-1] for ring in (leaf.exterior, *leaf.interiors)]
            if leaf.geom_type == "Polygon"
            else [leaf.coords]
        )
        found += [shapely.Point(point) for path in paths for point in path]
    return found


def envelope(shape: BaseGeometry) -> BaseGeometry:
    import shapely

    if shape.is_empty:
        return shapely.Polygon()
    west, south, east, north = shape.bounds
    return shapely.Polygon(
        [(west, south), (east, south), (east, north), (west, north), (west, south)]
    )


def envelope_corners(shape: BaseGeometry) -> list[BaseGeometry] | None:
    import shapely

    if shape.is_empty:
        return None
    west, south, east, north = shape.bounds
    return [shapely.Point(west, south), shapely.Point(east, north)]


def members(shape: BaseGeometry) -> list[BaseGeometry] | None:
    return None if shape.is_empty else parts(shape)


def member(shape: BaseGeometry, index: int) -> BaseGeometry | None:
    found = members(shape) or []
    return found[index - 1] if 1 <= index <= len(found) else None


def vertex(shape: BaseGeometry, index: int) -> BaseGeometry | None:
    require("ST_PointN", shape, "LINE_STRING")
    return point(*shape.coords[index - 1]) if 1 <= index <= len(shape.coords) else None


def end(function: str, index: int) -> Callable[[BaseGeometry], BaseGeometry | None]:
    def get(shape: BaseGeometry) -> BaseGeometry | None:
        require(function, shape, "LINE_STRING")
        return None if shape.is_empty else point(*shape.coords[index])

    return get


def _line(ring: BaseGeometry) -> BaseGeometry:
    import shapely

    return shapely.LineString(ring.coords)


def exterior(shape: BaseGeometry) -> BaseGeometry | None:
    require("ST_ExteriorRing", shape, "POLYGON")
    return None if shape.is_empty else _line(shape.exterior)


def interiors(shape: BaseGeometry) -> list[BaseGeometry] | None:
    require("ST_InteriorRings", shape, "POLYGON")
    return None if shape.is_empty else [_line(ring) for ring in shape.interiors]


def interior(shape: BaseGeometry, index: int) -> BaseGeometry | None:
    require("ST_InteriorRingN", shape, "POLYGON")
    return _line(shape.interiors[index - 1]) if 1 <= index <= len(shape.interiors) else None


def count_interiors(shape: BaseGeometry) -> int | None:
    require("ST_NumInteriorRing", shape, "POLYGON")
    return None if shape.is_empty else len(shape.interiors)


def is_closed(shape: BaseGeometry) -> bool:
    require("ST_IsClosed", shape, *_LINES)
    return all(line.coords[0] == line.coords[-1] for line in parts(shape) if not line.is_empty)


def is_ring(shape: BaseGeometry) -> bool:
    require("ST_IsRing", shape, "LINE_STRING")
    return bool(shape.is_closed and shape.is_simple)


def is_simple(shape: BaseGeometry) -> bool:
    """Polygons are simple when valid; nothing may repeat or cross itself."""
    if shape.geom_type == "GeometryCollection":
        return all(map(is_simple, parts(shape)))
    if shape.geom_type in ("LineString", "MultiLineString") and any(
        a == b for line in parts(shape) for a, b in pairwise(line.coords)
    ):
        return False
    return bool(shape.is_valid if "Polygon" in shape.geom_type else shape.is_simple)
