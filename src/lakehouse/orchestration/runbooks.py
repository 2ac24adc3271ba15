"""Where the page of a DAG's runbook lies."""

from __future__ import annotations


def page_of(dag_id: str) -> str:
    """The page below a language's folder; DAGs of one file (`landing__postal`) share that of it."""
    return f"runbooks/{dag_id.partition('__')[0]}.md"


def runbook_of(dag_id: str) -> str:
    """The page in the checkout, in English."""
    return f"docs/en/{page_of(dag_id)}"
