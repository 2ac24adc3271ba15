"""Maps: entries in the order in which they were given; aggregates make them in the keys' order.

Measured on DuckDB 1.5.5: `{a, b} = {b, a}` is false natively (comparisons and groups sort the
entries), and `m['z']` is NULL.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from local_athena.functions.canonical import canonical
from local_athena.functions.comparison import equal
from local_athena.functions.lambdas import bind, parameters
from local_athena.functions.lists import items_of_each
from local_athena.functions.text import fail, let, text
from local_athena.sql.bound import Call
from local_athena.sql.errors import SqlError
from local_athena.sql.representation import duckdb_type, entry_of
from local_athena.sql.types import Type

Writer = Callable[[Call, Sequence[str]], str]


def _invalid(message: str) -> str:
    return fail("INVALID_FUNCTION_ARGUMENT", text(message))


def made_map(entries: str, type_: Type, duplicates: str | None = None) -> str:
    """A map of a list of {key, value}: NULL and repeated keys raise.

    `duplicates` is the message for a repeated key.
    """
    kind = duckdb_type(type_)
    message = text(duplicates or "Duplicate map keys are not allowed")
    repeated = fail("INVALID_FUNCTION_ARGUMENT", message)

    def body(e: str) -> str:
        keys = f"list_transform({e}, lambda en: {canonical(entry_of(type_)[0], 'en.key')})"
        return (
            f"(CASE WHEN len(list_filter({e}, lambda en: en.key IS NULL)) > 0 THEN "
            f"{_invalid('map key cannot be null')} "
            f"WHEN len(list_distinct({keys})) < len({e}) THEN {repeated} "
            f"ELSE CAST(map_from_entries({e}) AS {kind}) END)"
        )

    return let([entries], body)


def subscript(call: Call, arguments: Sequence[str]) -> str:
    """m[k]: a key that is not there raises."""

    def body(m: str, k: str) -> str:
        message = f"{text('Key not present in map: ')} || CAST({k} AS VARCHAR)"
        return (
            f"(CASE WHEN {m} IS NULL OR {k} IS NULL THEN NULL "
            f"WHEN map_contains({m}, {k}) THEN {m}[{k}] "
            f"ELSE {fail('INVALID_FUNCTION_ARGUMENT', message)} END)"
        )

    return let(list(arguments), body)


def value_of(call: Call, arguments: Sequence[str]) -> str:
    """element_at(m, k): NULL where the key is not there."""
    return let(list(arguments), lambda m, k: f"{m}[{k}]")


def _indeterminate(keys: str, type_: Type) -> str:
    """The branch that refuses a key which holds a NULL: it equals nothing, not even itself."""
    key = entry_of(type_)[0]
    if key.base not in ("array", "row"):
        return ""
    unequal = f"{equal(key, 'ky', 'ky')} IS NULL"
    odd = f"list_filter({keys}, lambda ky: ky IS NOT NULL AND {unequal})"
    return f"WHEN len({odd}) > 0 THEN {_invalid('map key cannot be indeterminate')} "


def _map(call: Call, arguments: Sequence[str]) -> str:
    kind = duckdb_type(call.type)
    if not arguments:
        return f"CAST(MAP {{}} AS {kind})"
    keyless = entry_of(call.type)[0].base == "unknown"

    def body(k: str, v: str) -> str:
        entries = (
            f"list_transform(range(1, len({k}) + 1), "
            f"lambda i: struct_pack(key := {k}[i], value := {v}[i]))"
        )
        made = made_map(entries, call.type, "Duplicate map keys are not allowed")
        if keyless:
            failure = _invalid("map key cannot be null")
            made = f"(CASE WHEN len({k}) > 0 THEN {failure} ELSE CAST(MAP {{}} AS {kind}) END)"
        return (
            f"(CASE WHEN {k} IS NULL OR {v} IS NULL THEN NULL WHEN len({k}) <> len({v}) THEN "
            f"{_invalid('Key and value arrays must be the same length')} "
            f"{_indeterminate(k, call.type)}ELSE {made} END)"
        )

    return let(list(arguments), body)


def _from_entries(call: Call, arguments: Sequence[str]) -> str:
    def body(a: str) -> str:
        entries = f"list_transform({a}, lambda e: struct_pack(key := e.f0, value := e.f1))"
        made = made_map(entries, call.type)
        return (
            f"(CASE WHEN {a} IS NULL THEN NULL WHEN list_count({a}) < len({a}) THEN "
            f"{_invalid('map entry cannot be null')} ELSE {made} END)"
        )

    return let([arguments[0]], body)


def _multimap_from_entries(call: Call, arguments: Sequence[str]) -> str:
    made = items_of_each(
        "{entries}",
        "e.key",
        "e.value",
        "{'i': {place}, 'e': struct_pack(key := {key}, value := {values})}",
    )

    def body(a: str) -> str:
        entries = f"list_transform({a}, lambda e: struct_pack(key := e.f0, value := e.f1))"
        grouped = _placed(made.replace("{entries}", entries))
        return (
            f"(CASE WHEN {a} IS NULL THEN NULL WHEN list_count({a}) < len({a}) THEN "
            f"{_invalid('map entry cannot be null')} "
            f"WHEN len(list_filter({a}, lambda e: e.f0 IS NULL)) > 0 THEN "
            f"{_invalid('map key cannot be null')} ELSE {grouped} END)"
        )

    return let([arguments[0]], body)


def _placed(items: str) -> str:
    """A map of {i: place, e: entry}, by place."""
    return f"map_from_entries(list_transform(list_sort({items}), lambda e: e.e))"


def _entries(call: Call, arguments: Sequence[str]) -> str:
    return f"list_transform(map_entries({arguments[0]}), lambda e: {{'f0': e.key, 'f1': e.value}})"


def _keys(call: Call, arguments: Sequence[str]) -> str:
    return f"map_keys({arguments[0]})"


def _values(call: Call, arguments: Sequence[str]) -> str:
    return f"map_values({arguments[0]})"


def _concat(call: Call, arguments: Sequence[str]) -> str:
    """Later maps win, and stand first."""
    if len(arguments) < 2:
        raise SqlError(
            "INVALID_FUNCTION_ARGUMENT",
            "There must be two or more concatenation arguments to map_concat",
        )

    def body(*names: str) -> str:
        nulls = " OR ".join(f"{name} IS NULL" for name in names)
        joined = f"map_entries({names[-1]})"
        for index in reversed(range(len(names) - 1)):
            later = " OR ".join(f"map_contains({name}, e.key)" for name in names[index + 1 :])
            kept = f"list_filter(map_entries({names[index]}), lambda e: NOT ({later}))"
            joined = f"list_concat({joined}, {kept})"
        return f"(CASE WHEN {nulls} THEN NULL ELSE map_from_entries({joined}) END)"

    return let(list(arguments), body)


def _filter(call: Call, arguments: Sequence[str]) -> str:
    key, value, body = parameters(arguments[1])
    test = bind(body, {key: "em.key", value: "em.value"})
    kept = f"list_filter(map_entries({arguments[0]}), lambda em: {test})"
    return f"CAST(map_from_entries({kept}) AS {duckdb_type(call.type)})"


def _transform_keys(call: Call, arguments: Sequence[str]) -> str:
    key, value, body = parameters(arguments[1])
    new = bind(body, {key: "em.key", value: "em.value"})
    entries = (
        f"list_transform(map_entries({arguments[0]}), "
        f"lambda em: struct_pack(key := {new}, value := em.value))"
    )
    return made_map(entries, call.type)


def _transform_values(call: Call, arguments: Sequence[str]) -> str:
    key, value, body = parameters(arguments[1])
    new = bind(body, {key: "em.key", value: "em.value"})
    entries = (
        f"list_transform(map_entries({arguments[0]}), "
        f"lambda em: struct_pack(key := em.key, value := {new}))"
    )
    return f"CAST(map_from_entries({entries}) AS {duckdb_type(call.type)})"


def _zip_with(call: Call, arguments: Sequence[str]) -> str:
    names, _, body = arguments[2].removeprefix("lambda ").partition(": ")
    key, first, second = (name.strip() for name in names.split(","))

    def made(a: str, b: str) -> str:
        value = bind(body, {key: "kz", first: f"{a}[kz]", second: f"{b}[kz]"})
        others = f"list_filter(map_keys({b}), lambda kz: NOT map_contains({a}, kz))"
        keys = f"list_concat(map_keys({a}), {others})"
        return (
            f"(CASE WHEN {a} IS NULL OR {b} IS NULL THEN NULL ELSE map_from_entries("
            f"list_transform({keys}, lambda kz: struct_pack(key := kz, value := {value}))) END)"
        )

    return let([arguments[0], arguments[1]], made)


SCALARS = {
    "map": _map,
    "map_from_entries": _from_entries,
    "multimap_from_entries": _multimap_from_entries,
    "map_entries": _entries,
    "map_keys": _keys,
    "map_values": _values,
    "map_concat": _concat,
    "map_filter": _filter,
    "map_zip_with": _zip_with,
    "transform_keys": _transform_keys,
    "transform_values": _transform_values,
}
