"""Bing tiles. A tile is a BIGINT: 23 bits of x, 23 bits of y, 5 bits of zoom level."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from local_athena.functions.geometry import bad, read, show
from local_athena.functions.registry import ScalarWriter
from local_athena.functions.spherical import RADIUS_KM, great_circle_km
from local_athena.functions.udf import call_python
from local_athena.sql.bound import Call
from local_athena.sql.representation import duckdb_type, unpack_tile

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from shapely.geometry.base import BaseGeometry

_DEEPEST = 23
_PIXELS = 256
_LATITUDE = 85.05112878
_MOST_TILES = 1_000_000
_MOST_WORK = 25_000_000
_COARSE = 10
_TOO_COMPLEX = (
    "The zoom level is too high or the geometry is too complex to compute a set of covering Bing "
    "tiles. Please use a lower zoom level or convert the geometry to its bounding box using the "
    "ST_Envelope function."
)


def _pack(x: int, y: int, zoom: int) -> int:
    return (x << 28) + (y << 5) + zoom


def _check_zoom(zoom: int) -> None:
    if zoom <= 0:
        raise bad("Zoom level must be > 0")
    if zoom > _DEEPEST:
        raise bad(f"Zoom level must be <= {_DEEPEST}")


def _check_place(latitude: float, longitude: float) -> None:
    if not -_LATITUDE <= latitude <= _LATITUDE:
        raise bad(f"Latitude must be between -{_LATITUDE} and {_LATITUDE}")
    if not -180 <= longitude <= 180:
        raise bad("Longitude must be between -180.0 and 180.0")


def _tile(x: int, y: int, zoom: int) -> int:
    _check_zoom(zoom)
    for coordinate in (x, y):
        if not 0 <= coordinate < 1 << zoom:
            raise bad(
                f"XY coordinates for a Bing tile at zoom level {zoom} must be within "
                f"[0, {1 << zoom}) range"
            )
    return _pack(x, y, zoom)


def _of_quadkey(key: str) -> int:
    if not key:
        raise bad("QuadKey must not be empty string")
    if len(key) > _DEEPEST:
        raise bad(f"QuadKey must be {_DEEPEST} characters or less")
    x = y = 0
    for digit in key:
        if digit not in "0123":
            raise bad(f"Invalid QuadKey digit sequence: {key}")
        x, y = x << 1 | int(digit) & 1, y << 1 | int(digit) >> 1
    return _pack(x, y, len(key))


def _quadkey(tile: int) -> str:
    x, y, zoom = unpack_tile(tile)
    return "".join(str((x >> bit & 1) + 2 * (y >> bit & 1)) for bit in reversed(range(zoom)))


def _axis(share: float, zoom: int) -> int:
    size = _PIXELS << zoom
    return int(min(max(share * size, 0.0), size - 1)) // _PIXELS


def _at(latitude: float, longitude: float, zoom: int) -> tuple[int, int]:
    """The tile's x and y."""
    sine = math.sin(latitude * math.pi / 180)
    y = 0.5 - math.log((1 + sine) / (1 - sine)) / (4 * math.pi)
    return _axis((longitude + 180) / 360, zoom), _axis(y, zoom)


def _tile_at(latitude: float, longitude: float, zoom: int) -> int:
    _check_place(latitude, longitude)
    _check_zoom(zoom)
    return _pack(*_at(latitude, longitude, zoom), zoom)


def _corner(x: int, y: int, zoom: int) -> tuple[float, float]:
    """(longitude, latitude) of a tile's upper left corner."""
    size = _PIXELS << zoom
    across = min(max(x * _PIXELS, 0), size) / size - 0.5
    down = 0.5 - min(max(y * _PIXELS, 0), size) / size
    return 360 * across, 90 - 360 * math.atan(math.exp(-down * 2 * math.pi)) / math.pi


def _box(x: int, y: int, zoom: int) -> BaseGeometry:
    import shapely

    west, north = _corner(x, y, zoom)
    east, south = _corner(x + 1, y + 1, zoom)
    return shapely.Polygon(
        [(west, south), (east, south), (east, north), (west, north), (west, south)]
    )


def _polygon(tile: int) -> str:
    return show(_box(*unpack_tile(tile)))


def _around(latitude: float, longitude: float, zoom: int) -> list[int]:
    _check_place(latitude, longitude)
    _check_zoom(zoom)
    x, y = _at(latitude, longitude, zoom)
    inside = range(1 << zoom)
    return [
        _pack(x + i, y + j, zoom)
        for i in (-1, 0, 1)
        for j in (-1, 0, 1)
        if x + i in inside and y + j in inside
    ]


def _moved(latitude: float, longitude: float, radius: float, bearing: float) -> tuple[float, float]:
    """(latitude, longitude) after `radius` km in a direction, kept within the map."""
    phi, ratio, direction = math.radians(latitude), radius / RADIUS_KM, math.radians(bearing)
    north = math.degrees(
        math.asin(
            math.sin(phi) * math.cos(ratio) + math.cos(phi) * math.sin(ratio) * math.cos(direction)
        )
    )
    east = math.degrees(
        math.radians(longitude)
        + math.atan2(
            math.sin(direction) * math.sin(ratio) * math.cos(phi),
            math.cos(ratio) - math.sin(phi) * math.sin(phi),
        )
    )
    if abs(east) > 180:
        east -= math.copysign(360, east)
    return min(max(north, -_LATITUDE), _LATITUDE), east


def _within(latitude: float, longitude: float, zoom: int, radius: float) -> list[int]:
    """The tiles that cover a circle: the cross through its centre, then each corner's tiles from
    the first one that the circle reaches."""
    _check_place(latitude, longitude)
    _check_zoom(zoom)
    if not radius >= 0:
        raise bad("Radius must be >= 0")
    if radius > 1_000:
        raise bad("Radius must be <= 1,000 km")
    x, y = _at(latitude, longitude, zoom)
    top = _at(_moved(latitude, longitude, radius, 0)[0], longitude, zoom)[1]
    bottom = _at(_moved(latitude, longitude, radius, 180)[0], longitude, zoom)[1]
    left = _at(latitude, _moved(latitude, longitude, radius, 270)[1], zoom)[0]
    right = _at(latitude, _moved(latitude, longitude, radius, 90)[1], zoom)[0]
    width = 1 << zoom
    columns = right - left + 1 if right >= left else right + width - 1 - left + 2
    count = columns * (bottom - top + 1)
    if count > _MOST_TILES:
        raise bad(
            "The number of tiles covering input rectangle exceeds the limit of 1M. "
            f"Number of tiles: {count}. Radius: {radius:.1f} km. Zoom level: {zoom}."
        )
    tiles = [_pack((left + i) % width, y, zoom) for i in range(columns)]
    tiles += [_pack(x, row, zoom) for row in range(top, bottom + 1) if row != y]

    def reach(column: int, rows: range, corner_x: int, corner_y: int) -> None:
        included = False
        for row in rows:
            if not included:
                east, north = _corner(column + corner_x, row + corner_y, zoom)
                included = great_circle_km(latitude, longitude, north, east) <= radius
            if included:
                tiles.append(_pack(column, row, zoom))

    column = right
    while column != x:
        reach(column, range(top, y), 0, 1)
        reach(column, range(bottom, y, -1), 0, 0)
        column = width - 1 if column == 0 else column - 1
    column = left
    while column != x:
        reach(column, range(top, y), 1, 1)
        reach(column, range(bottom, y, -1), 1, 0)
        column = (column + 1) % width
    return tiles


def _covering(text: str, zoom: int) -> list[int]:
    """The smallest set of tiles that covers a shape."""
    import shapely

    _check_zoom(zoom)
    shape = read(text)
    if shape.is_empty:
        return []
    west, south, east, north = shape.bounds
    if not (south >= -_LATITUDE and north <= _LATITUDE):
        raise bad("Latitude span for the geometry must be in [-85.05, 85.05] range")
    if not (west >= -180 and east <= 180):
        raise bad("Longitude span for the geometry must be in [-180.00, 180.00] range")
    left, top = _at(north, west, zoom)
    right, bottom = _at(south, east, zoom)
    corner = _corner(right, bottom, zoom)
    right -= corner[0] == east
    bottom -= corner[1] == south
    count = (right - left + 1) * (bottom - top + 1)
    simple = shape.geom_type == "Point" or (
        shape.geom_type == "Polygon"
        and len(shape.exterior.coords) == 5
        and shape.equals(shapely.box(west, south, east, north))
    )
    if simple and count > _MOST_TILES:
        raise bad(
            "The number of tiles covering input rectangle exceeds the limit of 1M. "
            f"Number of tiles: {count}. Rectangle: xMin={west:.2f}, yMin={south:.2f}, "
            f"xMax={east:.2f}, yMax={north:.2f}. Zoom level: {zoom}."
        )
    if not simple and count >= 1 << 31:
        raise bad("The zoom level is too high to compute a set of covering Bing tiles.")
    if not simple and count * shapely.get_num_coordinates(shape) > _MOST_WORK:
        raise bad(_TOO_COMPLEX)
    if simple or zoom <= _COARSE:
        return [
            _pack(x, y, zoom)
            for x in range(left, right + 1)
            for y in range(top, bottom + 1)
            if simple or not shape.disjoint(_box(x, y, zoom))
        ]
    tiles: list[int] = []
    shift = zoom - _COARSE
    for x in range(left >> shift, (right >> shift) + 1):
        for y in range(top >> shift, (bottom >> shift) + 1):
            _subtiles(shape, zoom, (x, y, _COARSE), tiles)
    return tiles


def _subtiles(shape: BaseGeometry, zoom: int, tile: tuple[int, int, int], tiles: list[int]) -> None:
    """Append the tiles of `zoom` inside `tile` that the shape touches."""
    x, y, level = tile
    box = _box(x, y, level)
    if shape.disjoint(box):
        return
    if level == zoom:
        tiles.append(_pack(x, y, zoom))
        return
    if shape.contains(box):
        count = 1 << (zoom - level)
        tiles += [
            _pack(i, j, zoom)
            for i in range(count * x, count * (x + 1))
            for j in range(count * y, count * (y + 1))
        ]
        return
    for i in (2 * x, 2 * x + 1):
        for j in (2 * y, 2 * y + 1):
            _subtiles(shape, zoom, (i, j, level + 1), tiles)


def _zoom_level(tile: int) -> int:
    return unpack_tile(tile)[2]


def _coordinates(tile: int) -> dict[str, int]:
    x, y, _ = unpack_tile(tile)
    return {"f0": x, "f1": y}


def _call(*overloads: Callable[..., Any]) -> ScalarWriter:
    """The Python function for the call's number of arguments."""
    by_arity = {function.__code__.co_argcount: function for function in overloads}

    def write(call: Call, arguments: Sequence[str]) -> str:
        function = by_arity[len(arguments)]
        kinds = [duckdb_type(argument.type) for argument in call.arguments]
        return call_python(
            f"bing{function.__name__}", function, arguments, kinds, duckdb_type(call.type)
        )

    return write


SCALARS: dict[str, ScalarWriter] = {
    "bing_tile": _call(_tile, _of_quadkey),
    "bing_tile_at": _call(_tile_at),
    "bing_tile_coordinates": _call(_coordinates),
    "bing_tile_polygon": _call(_polygon),
    "bing_tile_quadkey": _call(_quadkey),
    "bing_tile_zoom_level": _call(_zoom_level),
    "bing_tiles_around": _call(_around, _within),
    "geometry_to_bing_tiles": _call(_covering),
}
