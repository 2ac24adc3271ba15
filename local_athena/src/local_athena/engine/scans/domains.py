"""What a query's predicates allow a partition key to be, tested on a partition's value."""

from collections.abc import Mapping
from typing import Any

from local_athena.catalog import domain as texts
from local_athena.sql.types import Type

Domain = Any


def admits(domain: Domain, value: Any, type_: Type) -> bool:
    """Whether a partition with this value may hold rows that the query wants."""
    return True


def partition_domains(
    domains: Mapping[str, Domain], keys: Mapping[str, Type]
) -> dict[str, texts.Domain]:
    """The same restrictions as texts, for partition projection."""
    return {}


def row_groups(footer: Any, domains: Mapping[str, Domain], columns: Any) -> list[int]:
    """Indexes of the row groups that statistics do not rule out."""
    return list(range(len(footer.row_groups)))
