"""From the representation of Trino values to what a Parquet file of a Hive table holds, as SQL.

A timestamp(3) becomes TIMESTAMP_MS (INT96 in the file), a row's fields get their names, the rest
stays.
"""

from itertools import count

from local_athena.sql.representation import element_of, entry_of, quote_name
from local_athena.sql.types import Field, Type


def outgoing(text: str, type_: Type, fresh: "count[int] | None" = None) -> str:
    """SQL of the file's value; `text` itself where nothing changes."""
    fresh = fresh if fresh is not None else count()
    base = type_.base
    if base == "timestamp":
        return f"CAST({text} AS TIMESTAMP_MS)"
    if base == "array":
        name = f"o{next(fresh)}"
        element = outgoing(name, element_of(type_), fresh)
        return text if element == name else f"list_transform({text}, lambda {name}: {element})"
    if base == "map":
        name = f"o{next(fresh)}"
        key_type, value_type = entry_of(type_)
        key = outgoing(f"{name}.key", key_type, fresh)
        value = outgoing(f"{name}.value", value_type, fresh)
        if key == f"{name}.key" and value == f"{name}.value":
            return text
        entry = f"struct_pack(key := {key}, value := {value})"
        entries = f"list_transform(map_entries({text}), lambda {name}: {entry})"
        return f"CASE WHEN {text} IS NOT NULL THEN map_from_entries({entries}) END"
    if base == "row":
        parts = []
        for index, field in enumerate(type_.arguments):
            if isinstance(field, Field):
                name = quote_name(field.name or f"field{index}")
                value = outgoing(f"struct_extract({text}, 'f{index}')", field.type, fresh)
                parts.append(f"{name} := {value}")
        return f"CASE WHEN {text} IS NOT NULL THEN struct_pack({', '.join(parts)}) END"
    return text


def holds_instants(type_: Type) -> bool:
    """Whether a value has timestamps in it."""
    parts = [part.type if isinstance(part, Field) else part for part in type_.arguments]
    return type_.base == "timestamp" or any(
        holds_instants(part) for part in parts if isinstance(part, Type)
    )


def partition_text(text: str, type_: Type) -> str:
    """SQL of Hive's text of a partition key's value."""
    if type_.base == "timestamp":
        # 2020-01-01 00:00:00, with a fraction only where there is one: dbt's filters say it so
        return f"regexp_replace(strftime({text}, '%Y-%m-%d %H:%M:%S.%g'), '\\.?0*$', '')"
    if type_.base == "char":
        return f"rtrim({text})"
    return f"CAST({text} AS VARCHAR)"
