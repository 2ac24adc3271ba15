"""What every command shares: how errors end a command, and how answers are printed."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import click
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    EndpointConnectionError,
    NoCredentialsError,
)

from lakehouse.errors import LakehouseError, SourceUnavailableError
from lakehouse.redaction import redact
from lakehouse.transience import is_transient

P = ParamSpec("P")
R = TypeVar("R")

AWS_EXIT_CODE = 4
TRANSIENT_EXIT_CODE = SourceUnavailableError.exit_code


def ends_with_status(command: Callable[P, R]) -> Callable[P, R]:
    """Print an error of ours, of AWS or of the machine as one message and exit with its status."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except LakehouseError as error:
            click.echo(f"error: {error}", err=True)
            sys.exit(error.exit_code)
        except (EndpointConnectionError, ConnectionClosedError) as error:
            click.echo(
                f"error: {error} Is the endpoint of AWS_ENDPOINT_URL running "
                "(`local-athena serve`, or `local-athena exec -- …`)?",
                err=True,
            )
            sys.exit(AWS_EXIT_CODE)
        except NoCredentialsError:
            click.echo(
                "error: no AWS credentials: set AWS_PROFILE, or for a local endpoint any made-up "
                "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (`local-athena exec` sets them)",
                err=True,
            )
            sys.exit(AWS_EXIT_CODE)
        except (BotoCoreError, ClientError) as error:
            click.echo(f"error: AWS answered: {error}{_advice(error)}", err=True)
            sys.exit(TRANSIENT_EXIT_CODE if is_transient(error) else AWS_EXIT_CODE)
        except BrokenPipeError:
            raise
        except OSError as error:
            click.echo(f"error: {redact(str(error))}", err=True)
            sys.exit(1)

    return run


def _advice(error: Exception) -> str:
    """What to do about an answer of AWS, where it is known."""
    details = getattr(error, "response", {}).get("Error", {})
    if details.get("Code") != "NoSuchBucket":
        return ""
    name = details.get("BucketName", "of the lake")
    return (
        f" (the bucket {name}): make the lake first, with `lakehouse demo` or `local-athena exec "
        "-- lakehouse contracts apply --target local`; on AWS Terraform makes it"
    )


def print_json(answer: Any) -> None:
    """Print an answer for programs; dates and decimals become text."""
    click.echo(json.dumps(answer, indent=2, ensure_ascii=False, default=str))


def print_table(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Print rows as aligned columns under their names."""
    cells = [[_show(row.get(column)) for column in columns] for row in rows]
    widths = [
        max(len(name), *(len(line[position]) for line in cells)) if cells else len(name)
        for position, name in enumerate(columns)
    ]
    for line in [list(columns), *cells]:
        padded = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        click.echo("  ".join(padded).rstrip())


def _show(value: Any) -> str:
    return "" if value is None else str(value).replace("\n", "⏎")
