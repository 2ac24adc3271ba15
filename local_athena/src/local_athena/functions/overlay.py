"""Set operations on shapes, answered in the order of vertices and members that Trino answers in.

Trino computes them with Esri's library; observed on Trino 476: a ring begins at its lowest, then
leftmost vertex; lines that meet end to end are joined, crossing ones are cut; points of a union are
sorted from below; an empty answer has a type that depends on the operation.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from local_athena.functions.geometry import Coordinate, leaves, oriented, parts

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry


def _from_below(point: Coordinate) -> Coordinate:
    return point[1], point[0]


def _rotated(ring: Iterable[Coordinate], start: Callable[[Coordinate], Any]) -> list[Coordinate]:
    points = list(ring)[:-1]
    first = points.index(min(points, key=start))
    turned = points[first:] + points[:first]
    return [*turned, turned[0]]


def arranged(shape: BaseGeometry) -> BaseGeometry:
    """The shape in Trino's order."""
    import shapely

    if shape.is_empty:
        return shape
    if shape.geom_type == "Polygon":
        turned = oriented(shape)
        return shapely.Polygon(
            _rotated(turned.exterior.coords, _from_below),
            [_rotated(ring.coords, _from_below) for ring in turned.interiors],
        )
    if shape.geom_type in ("MultiPolygon", "MultiLineString"):
        members = [arranged(part) for part in parts(shape)]
        return type(shape)(sorted(members, key=_lowest))
    if shape.geom_type == "GeometryCollection":
        return type(shape)([arranged(part) for part in parts(shape)])
    return shape


def _lowest(shape: BaseGeometry) -> tuple[Coordinate, float]:
    """Where the shape begins from below; of lines that begin together the first is the one that
    leaves to the right."""
    if shape.geom_type == "Polygon":
        return min(map(_from_below, shape.exterior.coords)), 0.0
    points = list(shape.coords)
    if _from_below(points[-1]) < _from_below(points[0]):
        points.reverse()
    (ax, ay), (bx, by) = points[:2]
    return min(map(_from_below, points)), math.atan2(by - ay, bx - ax)


def _joined(shape: BaseGeometry) -> BaseGeometry:
    """Lines that meet end to end as one."""
    import shapely

    return shapely.line_merge(shape) if shape.geom_type == "MultiLineString" else shape


def intersection(left: BaseGeometry, right: BaseGeometry) -> BaseGeometry:
    import shapely

    found = _joined(left.intersection(right))
    return shapely.MultiPolygon() if found.is_empty else arranged(found)


def difference(left: BaseGeometry, right: BaseGeometry) -> BaseGeometry:
    return _or_empty(_joined(left.difference(right)), left)


def symmetric_difference(left: BaseGeometry, right: BaseGeometry) -> BaseGeometry:
    import shapely

    if left.geom_type == right.geom_type == "Point" and left != right:
        return shapely.MultiPoint([left, right])
    return _or_empty(_joined(left.symmetric_difference(right)), left)


def _or_empty(found: BaseGeometry, left: BaseGeometry) -> BaseGeometry:
    import shapely

    if not found.is_empty:
        return arranged(found)
    if left.geom_type == "Point":
        return shapely.Point()
    if left.geom_type in ("LineString", "MultiLineString"):
        return shapely.MultiLineString()
    return shapely.MultiPoint() if left.geom_type == "MultiPoint" else shapely.MultiPolygon()


def union(shapes: Iterable[BaseGeometry]) -> BaseGeometry:
    """All shapes as one: by dimension, lower ones without what higher ones cover."""
    import shapely

    by_dimension: list[list[BaseGeometry]] = [[], [], []]
    for shape in shapes:
        for leaf in leaves(shape):
            by_dimension[int(shapely.get_dimensions(leaf))].append(leaf)
    found: list[BaseGeometry] = []
    covered: BaseGeometry | None = None
    for members in reversed(by_dimension):
        if not members:
            continue
        made = _joined(shapely.union_all(members))
        if covered is not None:
            made = made.difference(covered)
        covered = made if covered is None else shapely.union_all([covered, made])
        if not made.is_empty or not found:
            found.insert(0, _sorted_points(arranged(made)))
    if len(found) == 1:
        return found[0]
    return shapely.GeometryCollection(found)


def _sorted_points(shape: BaseGeometry) -> BaseGeometry:
    if shape.geom_type != "MultiPoint":
        return shape
    return type(shape)(sorted(parts(shape), key=lambda point: _from_below(point.coords[0])))


def convex_hull(shape: BaseGeometry) -> BaseGeometry:
    """The hull, from the first vertex of the shape that lies on it."""
    import shapely

    hull = shape.convex_hull
    if hull.geom_type != "Polygon":
        return hull
    order = {
        tuple(point): index
        for index, point in reversed(list(enumerate(shapely.get_coordinates(shape).tolist())))
    }
    ring = oriented(hull).exterior.coords
    return shapely.Polygon(_rotated(ring, lambda point: order.get(point, len(order))))


_CIRCLE = 96
"""The vertices that Trino gives a circle; the first lies to the right of its centre."""


def buffer(shape: BaseGeometry, distance: float) -> BaseGeometry:
    """All points within a distance: the shape, a disc about each vertex, a lane along each edge."""
    import shapely

    if shape.geom_type == "Point":
        return _disc(shape.coords[0], distance)
    pieces = [leaf for leaf in leaves(shape) if leaf.geom_type == "Polygon"]
    for leaf in leaves(shape):
        for path in _paths(leaf):
            pieces += [_lane(a, b, distance) for a, b in pairwise(path)] or [
                _disc(path[0], distance)
            ]
    return arranged(shapely.union_all(pieces))


def _paths(leaf: BaseGeometry) -> list[list[Coordinate]]:
    if leaf.geom_type == "Polygon":
        return [list(ring.coords) for ring in (leaf.exterior, *leaf.interiors)]
    return [list(leaf.coords)]


def _around(centre: Coordinate, distance: float) -> list[Coordinate]:
    """A circle's vertices, the other quarters exact turns of the first."""
    angles = [2 * math.pi * step / _CIRCLE for step in range(_CIRCLE // 4)]
    quarter = [(distance * math.cos(angle), distance * math.sin(angle)) for angle in angles]
    offsets: list[Coordinate] = []
    for _ in range(4):
        offsets += quarter
        quarter = [(-y, x) for x, y in quarter]
    return [(centre[0] + x, centre[1] + y) for x, y in offsets]


def _disc(centre: Coordinate, distance: float) -> BaseGeometry:
    import shapely

    return shapely.Polygon(_around(centre, distance))


def _lane(start: Coordinate, end: Coordinate, distance: float) -> BaseGeometry:
    """The convex hull of two discs and of the edges that touch both."""
    import shapely

    (ax, ay), (bx, by) = start, end
    length = math.dist(start, end)
    if length == 0:
        return _disc(start, distance)
    dx, dy = distance * (ay - by) / length, distance * (bx - ax) / length
    corners = [(x + sign * dx, y + sign * dy) for x, y in (start, end) for sign in (1, -1)]
    points = [*corners, *_around(start, distance), *_around(end, distance)]
    return shapely.MultiPoint(points).convex_hull
