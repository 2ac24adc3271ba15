"""Measures of shapes, relations between two, and the shapes that follow from one."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING

from local_athena.functions import overlay
from local_athena.functions.geometry import (
    bad,
    kind,
    oriented,
    point,
    require,
    show,
)
from local_athena.sql.errors import SqlError

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

_LINES = ("LINE_STRING", "MULTI_LINE_STRING")
_SIMPLE = ("POINT", "MULTI_POINT", *_LINES, "POLYGON", "MULTI_POLYGON")


def area(shape: BaseGeometry) -> float:
    return float(shape.area)


def length(shape: BaseGeometry) -> float:
    require("ST_Length", shape, *_LINES)
    return float(shape.length)


def distance(left: BaseGeometry, right: BaseGeometry) -> float | None:
    return None if left.is_empty or right.is_empty else float(left.distance(right))


def nearest(left: BaseGeometry, right: BaseGeometry) -> dict[str, str] | None:
    import shapely

    if left.is_empty or right.is_empty:
        return None
    first, second = shapely.shortest_line(left, right).coords
    return {
        "f0": show(point(*first)),
        "f1": show(point(*second)),
    }


def locate(line: BaseGeometry, point: BaseGeometry) -> float | None:
    if line.is_empty or point.is_empty:
        return None
    if kind(line) not in _LINES:
        raise bad(
            "First argument to line_locate_point must be a LineString or a MultiLineString. "
            f"Got: {line.geom_type}"
        )
    if kind(point) != "POINT":
        raise bad(f"Second argument to line_locate_point must be a Point. Got: {point.geom_type}")
    return float(line.project(point) / line.length)


def _along(shape: BaseGeometry, step: float, repeated: bool) -> list[BaseGeometry]:
    """The point at a share of a line's length, or one after each such share."""
    require("line_interpolate_point", shape, "LINE_STRING")
    if step < 0 or step > 1:
        raise bad("fraction must be between 0 and 1")
    points = list(shape.coords)
    if step in (0, 1):
        return [point(*points[0 if step == 0 else -1])]
    count = math.floor(1 / step) if repeated else 1
    total = shape.length
    found: list[BaseGeometry] = []
    passed, wanted = 0.0, step
    for (ax, ay), (bx, by) in pairwise(points):
        share = math.dist((ax, ay), (bx, by)) / total
        while wanted < passed + share and len(found) < count:
            part = (wanted - passed) / share
            found.append(point(ax + (bx - ax) * part, ay + (by - ay) * part))
            wanted += step
        passed += share
    return found if len(found) == count else [*found, point(*points[-1])]


def interpolate(shape: BaseGeometry, share: float) -> BaseGeometry | None:
    return None if shape.is_empty else _along(shape, share, repeated=False)[0]


def interpolate_all(shape: BaseGeometry, share: float) -> list[BaseGeometry] | None:
    return None if shape.is_empty else _along(shape, share, repeated=True)


def boundary(shape: BaseGeometry) -> BaseGeometry:
    import shapely

    if shape.geom_type in ("Point", "MultiPoint"):
        return shapely.MultiPoint()
    found = shape.boundary
    if found.geom_type in ("LineString", "LinearRing"):
        return shapely.MultiLineString([found]) if not found.is_empty else shapely.MultiLineString()
    return shapely.MultiPoint(found.geoms) if found.geom_type == "MultiPoint" else found


def centroid(shape: BaseGeometry) -> BaseGeometry:
    require("ST_Centroid", shape, *_SIMPLE)
    return shape.centroid


def buffer(shape: BaseGeometry, distance: float) -> BaseGeometry | None:
    _check_distance("distance", distance)
    if distance == 0:
        return shape
    return None if shape.is_empty else overlay.buffer(shape, distance)


def simplify(shape: BaseGeometry, tolerance: float) -> BaseGeometry:
    _check_distance("distanceTolerance", tolerance)
    return shape if tolerance == 0 else oriented(shape.simplify(tolerance))


def _check_distance(name: str, value: float) -> None:
    if math.isnan(value):
        raise bad(f"{name} is NaN")
    if value < 0:
        raise bad(f"{name} is negative")


def hull(shape: BaseGeometry) -> BaseGeometry:
    return shape if shape.is_empty else overlay.convex_hull(shape)


def predicate(name: str, if_empty: bool = False) -> Callable[[BaseGeometry, BaseGeometry], bool]:
    def test(left: BaseGeometry, right: BaseGeometry) -> bool:
        if left.is_empty or right.is_empty:
            return if_empty
        return bool(getattr(left, name)(right))

    return test


def relate(left: BaseGeometry, right: BaseGeometry, pattern: str) -> bool:
    if len(pattern) != 9:
        raise SqlError("GENERIC_INTERNAL_ERROR", "relation string length has to be 9 characters")
    if any(character not in "TF*012" for character in pattern):
        raise SqlError("GENERIC_INTERNAL_ERROR", "relation string")
    return bool(left.relate_pattern(right, pattern))
