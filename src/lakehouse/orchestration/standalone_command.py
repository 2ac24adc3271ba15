"""`scripts/airflow`: Airflow's own command line, over the Airflow that `make airflow` opened.

Elsewhere `airflow` would look into `~/airflow`.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from lakehouse.errors import ConfigError, LakehouseError
from lakehouse.settings import Settings

ENVIRONMENT = "environment.json"
_KEPT = ("AIRFLOW", "AWS_", "LAKEHOUSE_", "DO_NOT_TRACK")


def keep_environment(home: Path, environment: Mapping[str, str]) -> None:
    """Note what Airflow was started with, for its owner alone: addresses may hold secrets."""
    place = home / ENVIRONMENT
    place.touch(0o600)
    kept = {name: value for name, value in environment.items() if name.startswith(_KEPT)}
    place.write_text(json.dumps(kept, indent=2), "utf-8")


def read_environment(home: Path) -> dict[str, str]:
    """What Airflow was last started with.

    Raises:
        ConfigError: it never was.
    """
    place = home / ENVIRONMENT
    if not place.exists():
        raise ConfigError(f"{place} is not there: start Airflow by `make airflow` first")
    found: dict[str, str] = json.loads(place.read_text("utf-8"))
    return found


def main() -> None:
    """Become `airflow` with the same arguments."""
    kept = read_environment(Settings.from_env().demo_dir / "airflow")
    program = str(Path(sys.executable).with_name("airflow"))
    os.execve(program, [program, *sys.argv[1:]], {**os.environ, **kept})  # noqa: S606


if __name__ == "__main__":
    try:
        main()
    except LakehouseError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code)
