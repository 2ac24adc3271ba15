"""The pools of Airflow that landing needs: who may ask a source system at a time.

python -m lakehouse.orchestration.pools > pools.json && airflow pools import pools.json
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from lakehouse.contracts import load_contracts, load_inventory
from lakehouse.orchestration.landing import pool_of
from lakehouse.settings import find_project_dir


def pools(project: Path) -> dict[str, dict[str, object]]:
    """The pools by name, in the form that `airflow pools import` reads.

    Raises:
        ContractError: a contract or infra/lake.yml is malformed.
    """
    inventory = load_inventory(project / "infra" / "lake.yml")
    contracts = load_contracts(project / "contracts").values()
    systems = {contract.source.system for contract in contracts}
    return {
        pool_of(system): {
            "slots": inventory.pool_slots(system),
            "description": f"Tasks that ask {system} (infra/lake.yml, pools)",
            "include_deferred": True,
        }
        for system in sorted(systems)
    }


if __name__ == "__main__":
    json.dump(pools(find_project_dir(os.environ)), sys.stdout, indent=2)
