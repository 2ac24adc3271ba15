"""Distances and areas on a sphere of 6,371.01 km: SphericalGeography and great_circle_distance."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

from local_athena.functions.geometry import Coordinate, bad, kind, leaves, parts

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

RADIUS_KM = 6371.01
_TURN = 2 * math.pi


def check_latitude(value: float) -> None:
    if not -90 <= value <= 90:
        raise bad("Latitude must be between -90 and 90")


def check_longitude(value: float) -> None:
    if not -180 <= value <= 180:
        raise bad("Longitude must be between -180 and 180")


def great_circle_km(
    latitude1: float, longitude1: float, latitude2: float, longitude2: float
) -> float:
    """Kilometers between two points given in degrees (Vincenty's formula for a sphere)."""
    for latitude, longitude in ((latitude1, longitude1), (latitude2, longitude2)):
        check_latitude(latitude)
        check_longitude(longitude)
    phi1, phi2 = math.radians(latitude1), math.radians(latitude2)
    delta = math.radians(longitude1) - math.radians(longitude2)
    sin1, cos1, sin2, cos2 = math.sin(phi1), math.cos(phi1), math.sin(phi2), math.cos(phi2)
    across = cos2 * math.sin(delta)
    along = cos1 * sin2 - sin1 * cos2 * math.cos(delta)
    towards = sin1 * sin2 + cos1 * cos2 * math.cos(delta)
    return math.atan2(math.sqrt(across * across + along * along), towards) * RADIUS_KM


def to_spherical(shape: BaseGeometry) -> BaseGeometry:
    """The shape, its coordinates checked as degrees."""
    if not shape.is_empty:
        west, south, east, north = shape.bounds
        check_latitude(south)
        check_latitude(north)
        check_longitude(west)
        check_longitude(east)
    return shape


def _require(function: str, shape: BaseGeometry, *kinds: str) -> None:
    if kind(shape) not in kinds:
        raise bad(
            f"When applied to SphericalGeography inputs, {function} only supports "
            f"{' or '.join(kinds)}. Input type is: {kind(shape)}"
        )


def distance(left: BaseGeometry, right: BaseGeometry) -> float | None:
    """Meters between two points."""
    if left.is_empty or right.is_empty:
        return None
    _require("ST_Distance", left, "POINT")
    _require("ST_Distance", right, "POINT")
    return great_circle_km(left.y, left.x, right.y, right.x) * 1000


def length(shape: BaseGeometry) -> float | None:
    """Meters along the lines."""
    if shape.is_empty:
        return None
    _require("ST_Length", shape, "LINE_STRING", "MULTI_LINE_STRING")
    total = sum(
        great_circle_km(a[1], a[0], b[1], b[0])
        for line in parts(shape)
        for a, b in pairwise(line.coords)
    )
    return total * 1000


def area(shape: BaseGeometry) -> float | None:
    """Square meters of polygons."""
    if shape.is_empty:
        return None
    _require("ST_Area", shape, "POLYGON", "MULTI_POLYGON")
    excess = 0.0
    for polygon in leaves(shape):
        excess += abs(_excess(list(polygon.exterior.coords)))
        excess -= sum(abs(_excess(list(ring.coords))) for ring in polygon.interiors)
    radius = RADIUS_KM * 1000.0
    return abs(excess * radius * radius)


def _excess(ring: list[Coordinate]) -> float:
    """The spherical excess of a ring: the sum over its edges; a ring around a pole turns by no
    full circle and lacks one."""
    points = ring[:-1] if ring[0] == ring[-1] else ring
    if len(points) < 3:
        raise bad("Polygon is not valid: a loop contains less then 3 vertices.")
    excess = turned = 0.0
    bearings: list[tuple[float, float]] = []
    for before, after in pairwise([points[-1], *points]):
        if before == after:
            raise bad("Polygon is not valid: it has two identical consecutive vertices")
        (lambda1, phi1), (lambda2, phi2) = (tuple(map(math.radians, p)) for p in (before, after))
        delta = lambda2 - lambda1
        half1, half2 = math.tan(phi1 / 2), math.tan(phi2 / 2)
        excess += 2 * math.atan2(math.tan(delta / 2) * (half1 + half2), 1 + half1 * half2)
        sin1, cos1, sin2, cos2 = math.sin(phi1), math.cos(phi1), math.sin(phi2), math.cos(phi2)
        start = math.atan2(math.sin(delta) * cos2, cos1 * sin2 - sin1 * cos2 * math.cos(delta))
        end = math.atan2(-math.sin(delta) * cos1, sin1 * cos2 - cos1 * sin2 * math.cos(delta))
        bearings.append(((start + _TURN) % _TURN, (end + math.pi) % _TURN))
    for index, (start, end) in enumerate(bearings):
        turned += _angle(end - start) + _angle(start - bearings[index - 1][1])
    return abs(excess) - _TURN if abs(turned) < math.pi / 4 else excess


def _angle(difference: float) -> float:
    """An angle brought between -π and π."""
    return (difference + 3 * math.pi) % _TURN - math.pi
