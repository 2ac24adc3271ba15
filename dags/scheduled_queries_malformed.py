"""No DAG of Airflow's: an import error while a file of `queries/` is malformed.

It names each such file with all that is wrong in it. Their DAGs are missing, and those of the other
files are in `scheduled_queries.py` all the same: docs/en/runbooks/scheduled_queries.md.
"""

import os

from lakehouse.orchestration.queries import check_queries
from lakehouse.settings import find_project_dir

check_queries(find_project_dir(os.environ) / "queries")
