"""What a statement is bound in: the session's catalog, clock, user and parameters."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from local_athena.sql import nodes
from local_athena.sql.bound import Resolver


@dataclass(frozen=True, slots=True)
class BindContext:
    """`now` is the session's instant, aware, in UTC: every current_date and now() of the statement
    says this. `parameters` are what `?` stands for, in order. `catalog` and `database` complete
    names. `double_literals`: a number with a point, such as 0.1, is a double, not a decimal."""

    resolver: Resolver
    catalog: str | None
    database: str | None
    now: datetime
    zone: str = "UTC"
    parameters: tuple[nodes.Expression, ...] = ()
    user: str = "local"
    double_literals: bool = False
