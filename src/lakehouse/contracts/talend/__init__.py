"""The specification of the Talend job of each feed, rendered from its contract."""

from __future__ import annotations

from collections.abc import Mapping

from lakehouse.contracts.inventory import Inventory
from lakehouse.contracts.model import Contract
from lakehouse.contracts.talend.page import render_page
from lakehouse.contracts.talend.specification import build_specification, job_name, render_yaml

__all__ = ["build_specification", "job_name", "render_jobs"]

_LAUNCHER = """# {notice}
# The reference job of {feed}, with the interface of an exported job's launcher.
exec "${{LAKEHOUSE_PYTHON:-python3}}" -m lakehouse.orchestration.talend.reference_job {feed} "$@"
"""


def render_jobs(
    contracts: Mapping[str, Contract], inventory: Inventory, notice: str
) -> dict[str, str]:
    """Every file of `talend/` that contracts say, by its path in the project.

    `notice` is the sentence that says of a file that it is rendered.
    """
    files = {}
    for contract in contracts.values():
        specification = build_specification(contract, inventory)
        folder = f"talend/{contract.feed}"
        files[f"{folder}/job.yml"] = f"# {notice}\n{render_yaml(specification)}"
        files[f"{folder}/README.md"] = f"<!-- {notice} -->\n\n{render_page(specification)}"
        files[f"talend/reference/{job_name(contract.feed)}_run.sh"] = _LAUNCHER.format(
            notice=notice, feed=contract.feed
        )
    return files
