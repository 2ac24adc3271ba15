"""Trino's ST_ functions over shapely; a Geometry is its Well-Known Text (`geometry`).

Refused by name, because only Trino's own library could give the same answer: KML, Esri's Hadoop
shapes, spatial partitioning, and the reason why a shape is invalid.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from local_athena.functions import (
    geometry_measures as measures,
)
from local_athena.functions import (
    geometry_notations as notations,
)
from local_athena.functions import (
    geometry_parts as shape_parts,
)
from local_athena.functions import (
    overlay,
    spherical,
)
from local_athena.functions.geometry import (
    parse,
    point,
    read,
    show,
)
from local_athena.functions.registry import AggregateTexts, AggregateWriter, ScalarWriter
from local_athena.functions.udf import call_python
from local_athena.sql.bound import Aggregate, Call, WindowCall
from local_athena.sql.representation import duckdb_type, element_of
from local_athena.sql.types import Type

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

_SHAPES = ("geometry", "sphericalgeography")
_LINES = ("LINE_STRING", "MULTI_LINE_STRING")
_SIMPLE = ("POINT", "MULTI_POINT", *_LINES, "POLYGON", "MULTI_POLYGON")


def _reader(type_: Type) -> Callable[[Any], Any]:
    if type_.base in _SHAPES:
        return read
    if type_.base == "array" and element_of(type_).base in _SHAPES:
        return lambda items: [None if item is None else read(item) for item in items]
    return lambda value: value


def _shower(type_: Type) -> Callable[[Any], Any]:
    if type_.base in _SHAPES:
        return show
    if type_.base == "array" and element_of(type_).base in _SHAPES:
        return lambda items: [show(item) for item in items]
    return lambda value: value


def _shaped(
    function: Callable[..., Any], arguments: Sequence[Type], returns: Type
) -> Callable[..., Any]:
    """`function` over texts: shapes are read before and written after."""
    readers = [_reader(argument) for argument in arguments]
    writer = _shower(returns)

    def run(*values: Any) -> Any:
        found = function(*(get(value) for get, value in zip(readers, values, strict=True)))
        return None if found is None else writer(found)

    return run


def _over(name: str, function: Callable[..., Any]) -> ScalarWriter:
    def write(call: Call, arguments: Sequence[str]) -> str:
        types = [argument.type for argument in call.arguments]
        chosen = _SPHERICAL.get(name, function) if _is_spherical(types[0]) else function
        mark = "_spherical" if chosen is not function else ""
        return call_python(
            f"{name}{mark}",
            _shaped(chosen, types, call.type),
            arguments,
            [duckdb_type(type_) for type_ in types],
            duckdb_type(call.type),
        )

    return write


def _is_spherical(type_: Type) -> bool:
    return type_.base == "sphericalgeography"


_SPHERICAL: dict[str, Callable[..., Any]] = {
    "st_area": spherical.area,
    "st_distance": spherical.distance,
    "st_length": spherical.length,
}

_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "st_point": point,
    "st_geometryfromtext": parse,
    "st_linefromtext": notations.text_of("ST_LineFromText", "LINE_STRING"),
    "st_polygon": notations.text_of("ST_Polygon", "POLYGON"),
    "st_geomfrombinary": notations.of_binary,
    "st_linestring": notations.line_of,
    "st_multipoint": notations.multipoint_of,
    "st_astext": show,
    "st_asbinary": lambda shape: bytes(shape.wkb),
    "st_x": shape_parts.coordinate("ST_X", 0),
    "st_y": shape_parts.coordinate("ST_Y", 1),
    "st_xmin": shape_parts.bound(0),
    "st_ymin": shape_parts.bound(1),
    "st_xmax": shape_parts.bound(2),
    "st_ymax": shape_parts.bound(3),
    "st_geometrytype": shape_parts.type_name,
    "st_dimension": shape_parts.dimension,
    "st_coorddim": lambda shape: 2,
    "st_numpoints": shape_parts.count_points,
    "st_points": shape_parts.points,
    "st_pointn": shape_parts.vertex,
    "st_startpoint": shape_parts.end("ST_StartPoint", 0),
    "st_endpoint": shape_parts.end("ST_EndPoint", -1),
    "st_numgeometries": lambda shape: len(shape_parts.members(shape) or []),
    "st_geometries": shape_parts.members,
    "st_geometryn": shape_parts.member,
    "st_exteriorring": shape_parts.exterior,
    "st_interiorrings": shape_parts.interiors,
    "st_interiorringn": shape_parts.interior,
    "st_numinteriorring": shape_parts.count_interiors,
    "st_envelope": shape_parts.envelope,
    "st_envelopeaspts": shape_parts.envelope_corners,
    "st_isclosed": shape_parts.is_closed,
    "st_isempty": lambda shape: bool(shape.is_empty),
    "st_isring": shape_parts.is_ring,
    "st_issimple": shape_parts.is_simple,
    "st_isvalid": shape_parts.is_simple,
    "st_area": measures.area,
    "st_length": measures.length,
    "st_distance": measures.distance,
    "st_boundary": measures.boundary,
    "st_buffer": measures.buffer,
    "st_centroid": measures.centroid,
    "st_convexhull": measures.hull,
    "st_difference": overlay.difference,
    "st_intersection": overlay.intersection,
    "st_symdifference": overlay.symmetric_difference,
    "st_union": lambda left, right: overlay.union([left, right]),
    "geometry_union": lambda shapes: overlay.union([s for s in shapes if s is not None]),
    "st_contains": measures.predicate("contains"),
    "st_crosses": measures.predicate("crosses"),
    "st_disjoint": measures.predicate("disjoint", if_empty=True),
    "st_equals": measures.predicate("equals"),
    "st_intersects": measures.predicate("intersects"),
    "st_overlaps": measures.predicate("overlaps"),
    "st_touches": measures.predicate("touches"),
    "st_within": measures.predicate("within"),
    "st_relate": measures.relate,
    "simplify_geometry": measures.simplify,
    "geometry_nearest_points": measures.nearest,
    "line_locate_point": measures.locate,
    "line_interpolate_point": measures.interpolate,
    "line_interpolate_points": measures.interpolate_all,
    "to_spherical_geography": spherical.to_spherical,
    "to_geometry": lambda shape: shape,
    "to_geojson_geometry": notations.to_geojson,
    "from_geojson_geometry": notations.of_geojson,
    "to_encoded_polyline": notations.to_polyline,
    "from_encoded_polyline": notations.of_polyline,
    "great_circle_distance": spherical.great_circle_km,
}


def _over_group(
    name: str, function: Callable[[list[BaseGeometry]], BaseGeometry]
) -> AggregateWriter:
    def run(texts: list[str]) -> str | None:
        shapes = [read(text) for text in texts if text is not None]
        return show(function(shapes)) if shapes else None

    def write(node: Aggregate | WindowCall, parts_: AggregateTexts) -> str:
        items = parts_.call("list", parts_.arguments[0])
        return call_python(name, run, [items], ["VARCHAR[]"], "VARCHAR")

    return write


def _hull_of(shapes: list[BaseGeometry]) -> BaseGeometry:
    """The newest shape's vertices come first."""
    import shapely

    return measures.hull(shapely.GeometryCollection(shapes[::-1]))


SCALARS: dict[str, ScalarWriter] = {
    name: _over(name, function) for name, function in _FUNCTIONS.items()
}
AGGREGATES: dict[str, AggregateWriter] = {
    "geometry_union_agg": _over_group("geometry_union_agg", overlay.union),
    "convex_hull_agg": _over_group("convex_hull_agg", _hull_of),
}
