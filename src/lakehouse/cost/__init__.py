"""What each node of a dbt build cost on Athena: measured, kept in `<env>_ops.model_runs`, compared.

build_costs    a build's artifacts and Athena's statistics, as rows
model_runs     the table: rows in, rows of the last runs out
compare        two runs, priced, and what is beyond its budget
"""

from lakehouse.cost.build_costs import NodeCost, list_executions, read_build
from lakehouse.cost.compare import Comparison, compare, price_usd
from lakehouse.cost.model_runs import keep, last_runs

__all__ = [
    "Comparison",
    "NodeCost",
    "compare",
    "keep",
    "last_runs",
    "list_executions",
    "price_usd",
    "read_build",
]
