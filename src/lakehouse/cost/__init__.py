"""What each node of a dbt build cost on Athena: measured, kept in `<env>_ops.model_runs`, compared.

build_costs    what dbt commands left and Athena's statistics, as rows
model_runs     the table: rows in, rows of the last runs out
record         both: the step after a build
compare        two runs, priced, and what is beyond its budget
"""

from lakehouse.cost.build_costs import NodeCost, RunResults, cost_nodes, read_results
from lakehouse.cost.compare import Comparison, compare, price_usd
from lakehouse.cost.model_runs import is_kept, keep, last_runs
from lakehouse.cost.record import record_build, record_last_build

__all__ = [
    "Comparison",
    "NodeCost",
    "RunResults",
    "compare",
    "cost_nodes",
    "is_kept",
    "keep",
    "last_runs",
    "price_usd",
    "read_results",
    "record_build",
    "record_last_build",
]
