"""Engine versions that a workgroup may select: there is one engine here, Athena's third.

Source of names: Athena API reference, EngineVersion and ListEngineVersions.
"""

from typing import Any

from local_athena.errors import InvalidRequestError

Json = dict[str, Any]

THREE = "Athena engine version 3"
SELECTABLE = ("AUTO", THREE)
_SPARK = "PySpark engine version 3"


def engine_version(given: Json | None) -> Json:
    """The version that a workgroup has by what it was given: AUTO where that says nothing.

    Raises:
        InvalidRequestError: no such version, or the one of Apache Spark.
    """
    selected = (given or {}).get("SelectedEngineVersion") or "AUTO"
    if selected == _SPARK:
        raise InvalidRequestError(f"local_athena does not support {_SPARK}: it runs SQL only.")
    if selected not in SELECTABLE:
        known = ", ".join(SELECTABLE)
        raise InvalidRequestError(f"Engine version {selected} is not one of {known}.")
    return {"SelectedEngineVersion": selected, "EffectiveEngineVersion": THREE}
