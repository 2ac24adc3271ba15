"""Making shapes of numbers, of other shapes and of other notations, and writing those notations."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from local_athena.functions.geometry import (
    bad,
    kind,
    oriented,
    parse,
    parts,
    require,
)
from local_athena.functions.java_numbers import double_text

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry


def text_of(function: str, wanted: str) -> Callable[[str], BaseGeometry]:
    def make(text: str) -> BaseGeometry:
        shape = parse(text)
        require(function, shape, wanted)
        return shape

    return make


def of_binary(data: bytes) -> BaseGeometry:
    import shapely

    try:
        return oriented(shapely.force_2d(shapely.from_wkb(bytes(data))))
    except shapely.errors.ShapelyError:
        raise bad("Invalid WKB") from None


def line_of(points: list[BaseGeometry | None]) -> BaseGeometry:
    import shapely

    coordinates: list[tuple[float, float]] = []
    for index, point in enumerate(points, 1):
        if point is None:
            raise bad(f"Invalid input to ST_LineString: null point at index {index}")
        if point.geom_type != "Point":
            raise bad(
                f"ST_LineString takes only an array of valid points, {point.geom_type} was passed"
            )
        if point.is_empty:
            raise bad(f"Invalid input to ST_LineString: empty point at index {index}")
        if coordinates and coordinates[-1] == (point.x, point.y):
            raise bad(
                f"Invalid input to ST_LineString: consecutive duplicate points at index {index}"
            )
        coordinates.append((point.x, point.y))
    return shapely.LineString(coordinates if len(coordinates) > 1 else [])


def multipoint_of(points: list[BaseGeometry | None]) -> BaseGeometry | None:
    import shapely

    for index, point in enumerate(points, 1):
        if point is None:
            raise bad(f"Invalid input to ST_MultiPoint: null at index {index}")
        if point.geom_type != "Point":
            raise bad(
                "Invalid input to ST_MultiPoint: geometry is not a point: "
                f"{point.geom_type} at index {index}"
            )
        if point.is_empty:
            raise bad(f"Invalid input to ST_MultiPoint: empty point at index {index}")
    return shapely.MultiPoint(points) if points else None


def to_geojson(shape: BaseGeometry) -> str:
    import shapely

    made = json.loads(shapely.to_geojson(shape))
    if shape.is_empty and shape.geom_type == "Point":
        made["coordinates"] = []
    made["crs"] = {"type": "name", "properties": {"name": "EPSG:0"}}
    return _json_text(_clockwise(made))


def _clockwise(made: Any) -> Any:
    """Rings as Trino keeps them: the other way round than it writes text."""
    if made["type"] == "Polygon":
        made["coordinates"] = [ring[::-1] for ring in made["coordinates"]]
    elif made["type"] == "MultiPolygon":
        made["coordinates"] = [[r[::-1] for r in rings] for rings in made["coordinates"]]
    elif made["type"] == "GeometryCollection":
        made["geometries"] = [_clockwise(part) for part in made["geometries"]]
    return made


def _json_text(value: Any) -> str:
    if isinstance(value, dict):
        inside = ",".join(f'"{key}":{_json_text(item)}' for key, item in value.items())
        return "{" + inside + "}"
    if isinstance(value, list):
        return f"[{','.join(map(_json_text, value))}]"
    if isinstance(value, str):
        return json.dumps(value)
    if 1e-3 <= abs(value) < 1e7:
        return f"{value:.8f}".rstrip("0").rstrip(".")
    return "0.0" if value == 0 else double_text(float(value))


def of_geojson(text: str) -> BaseGeometry:
    import shapely

    try:
        return oriented(shapely.force_2d(shapely.from_geojson(text)))
    except shapely.errors.ShapelyError as error:
        raise bad(f"Invalid GeoJSON: {error}") from None


def to_polyline(shape: BaseGeometry) -> str:
    """Google's encoding: differences of hundred-thousandths of degrees, five bits a character."""
    if kind(shape) not in ("LINE_STRING", "MULTI_POINT"):
        require("encoded_polyline", shape, "LINE_STRING", "MULTI_POINT")
    points = [point for part in parts(shape) for point in part.coords]
    text = ""
    before = (0, 0)
    for x, y in points:
        now = (math.floor(y * 1e5 + 0.5), math.floor(x * 1e5 + 0.5))
        for old, new in zip(before, now, strict=True):
            text += _encoded(new - old)
        before = now
    return text


def _encoded(value: int) -> str:
    bits = ~(value << 1) if value < 0 else value << 1
    text = ""
    while bits >= 0x20:
        text += chr((0x20 | bits & 0x1F) + 63)
        bits >>= 5
    return text + chr(bits + 63)


def of_polyline(text: str) -> BaseGeometry:
    import shapely

    numbers: list[int] = []
    bits = shift = 0
    for character in text:
        code = ord(character) - 63
        bits |= (code & 0x1F) << shift
        shift += 5
        if code < 0x20:
            numbers.append(~(bits >> 1) if bits & 1 else bits >> 1)
            bits = shift = 0
    points: list[tuple[float, float]] = []
    latitude = longitude = 0
    for north, east in zip(numbers[::2], numbers[1::2], strict=False):
        latitude, longitude = latitude + north, longitude + east
        points.append((longitude * 1e-5, latitude * 1e-5))
    return shapely.LineString(points)
