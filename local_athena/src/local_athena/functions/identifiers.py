"""uuid(); casts to and from uuid and ipaddress are in the cast families."""

from __future__ import annotations

from collections.abc import Sequence

from local_athena.functions.registry import ScalarWriter
from local_athena.sql.bound import Call


def _uuid(call: Call, arguments: Sequence[str]) -> str:
    return "gen_random_uuid()"


SCALARS: dict[str, ScalarWriter] = {"uuid": _uuid}
