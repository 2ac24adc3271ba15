"""What is refused before an execution is made of it: a text that Trino's grammar does not take.

On AWS, StartQueryExecution itself answers such a text with InvalidRequestException, whose message
is the parser's (`line 1:10: mismatched input …`), `Only one sql statement is allowed. Got: …` or
`Queries of this type are not supported` (answers quoted in PyAthena's issues 137 and 529, noctua's
190, dbt-adapters' 1599; read November 2026). What Hive's compiler does not take, and what names or
types are wrong, is found while the query runs: its execution ends as FAILED.
"""

from functools import lru_cache

from local_athena.sql import nodes
from local_athena.sql.errors import DdlFault, NotAthena, SeveralStatements, SyntaxFault
from local_athena.sql.parser import parse_statement


@lru_cache(maxsize=16)
def parsed(sql: str) -> nodes.Statement:
    """The statement of a text; a text is parsed when it is started, and not again when it runs.

    Raises:
        SyntaxFault: it is none, or more than one.
        SqlError: Athena does not take it.
    """
    return parse_statement(sql)


def refusal(sql: str) -> str | None:
    """Why no execution is made of a text; None when one is."""
    try:
        parsed(sql)
    except DdlFault:
        return None
    except SeveralStatements as fault:
        return fault.message
    except SyntaxFault as fault:
        where = f"line {fault.at.line}:{fault.at.column}: " if fault.at else ""
        return where + fault.message
    except NotAthena as fault:
        return fault.message
    except Exception:  # noqa: BLE001  (whatever it is, it is told when the query runs)
        return None
    return None
