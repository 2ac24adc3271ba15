"""The command `local-athena`: serve, exec, sql, reset, doctor."""

import contextlib
import logging
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import click
from click.core import ParameterSource

from local_athena import memory
from local_athena.cli.leash import leash
from local_athena.errors import LocalAthenaError
from local_athena.settings import (
    DECIMAL_LITERALS,
    DEFAULT_DATA,
    DEFAULT_PORT,
    ENGINES,
    LOADING_THREAD,
    QUERY_THREADS,
    Settings,
)

RESULTS = "s3://aws-athena-query-results-123456789012-us-east-1/sql/"

data_option = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=DEFAULT_DATA,
    show_default=True,
    envvar="LOCAL_ATHENA_DATA",
    show_envvar=True,
    help="Folder with all durable state.",
)

engine_option = click.option(
    "--engine",
    type=click.Choice(ENGINES),
    default="duckdb",
    show_default=True,
    envvar="LOCAL_ATHENA_ENGINE",
    show_envvar=True,
    help="What computes: the embedded engine, or a real Trino (fetched once, needs Java 24).",
)

literals_option = click.option(
    "--decimal-literals",
    "literals",
    type=click.Choice(DECIMAL_LITERALS),
    default="decimal",
    show_default=True,
    envvar="LOCAL_ATHENA_DECIMAL_LITERALS",
    show_envvar=True,
    help="Type of a number such as 0.1: Trino's, or the double that Amazon Athena's is.",
)


bucket_option = click.option(
    "--bucket",
    "buckets",
    multiple=True,
    metavar="NAME",
    envvar="LOCAL_ATHENA_BUCKETS",
    show_envvar=True,
    help="S3 bucket to make when it is not there, such as dbt's s3_staging_dir and s3_data_dir "
    "(repeatable; in the variable, several with blanks between them).",
)


class _Command(click.Command):
    """Prints this package's errors as one line on standard error, with exit status 1."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except LocalAthenaError as error:
            click.echo(f"local-athena: {error}", err=True)
            _leave(ctx, 1)


class _Group(click.Group):
    command_class = _Command


@click.group(cls=_Group)
@click.version_option(package_name="local-athena")
def main() -> None:
    """A local Amazon Athena on one loopback port.

    Example: local-athena exec -- dbt run
    """


@main.command()
@data_option
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    envvar="LOCAL_ATHENA_HOST",
    help="Address to bind.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=DEFAULT_PORT,
    show_default=True,
    envvar="LOCAL_ATHENA_PORT",
    help="Port to bind; 0 takes a free one.",
)
@click.option(
    "--allow-host",
    "allowed",
    multiple=True,
    metavar="NAME",
    help="Name by which other machines reach it (repeatable; * for any). Without one only the "
    "loopback is bound and answered.",
)
@engine_option
@literals_option
@bucket_option
@click.pass_context
def serve(
    ctx: click.Context,
    data: Path,
    host: str,
    port: int,
    allowed: tuple[str, ...],
    engine: str,
    literals: str,
    buckets: tuple[str, ...],
) -> None:
    """Serve a data folder until Ctrl-C or SIGTERM; prints one line when ready.

    Example: local-athena serve --data .local-athena --port 4566
    """
    from local_athena.client import make_buckets
    from local_athena.server import serve as start

    stopping = threading.Event()
    _on_signals(lambda number: stopping.set(), signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    hosts = frozenset(name.lower() for name in allowed) or None
    settings = _settings(
        data, host=host, port=port, hosts=hosts, engine=engine, decimal_literals=literals
    )
    _bound(settings)
    with start(settings.data, settings=settings, imports_later=True) as endpoint:
        make_buckets(endpoint.url, buckets)
        click.echo(f"local-athena is ready at {endpoint.url} (data in {settings.data})")
        sys.stdout.flush()
        stopping.wait()
    _leave(ctx, 0)


@main.command(
    "exec", context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False}
)
@data_option
@engine_option
@literals_option
@bucket_option
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
@click.pass_context
def exec_(
    ctx: click.Context,
    data: Path,
    engine: str,
    literals: str,
    buckets: tuple[str, ...],
    command: tuple[str, ...],
) -> None:
    """Run a command with an endpoint and the variables that point AWS clients to it.

    Uses the server that already serves the folder, or starts one on a free port. Ends with the
    command's exit status.

    Example: local-athena exec -- dbt run
    """
    from local_athena.cli.attach import attached
    from local_athena.client import make_buckets
    from local_athena.server import client_environ

    settings = _settings(data, port=0, engine=engine, decimal_literals=literals)
    _bound(settings)
    with attached(settings, _note) as endpoint:
        make_buckets(endpoint.url, buckets)
        environ = {**os.environ, **client_environ(endpoint.url, settings.region)}
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
            environ.pop(name, None)
        status = _run(command, environ)
    _leave(ctx, status)


@main.command()
@data_option
@click.option(
    "--format",
    "style",
    type=click.Choice(["table", "csv", "json"]),
    default="table",
    show_default=True,
    envvar="LOCAL_ATHENA_FORMAT",
    help="How to print the rows.",
)
@click.option(
    "--database",
    default="default",
    show_default=True,
    envvar="LOCAL_ATHENA_DATABASE",
    help="Database of unqualified names.",
)
@engine_option
@literals_option
@click.argument("text")
@click.pass_context
def sql(
    ctx: click.Context,
    data: Path,
    style: str,
    database: str,
    engine: str,
    literals: str,
    text: str,
) -> None:
    """Run statements, separated by semicolons, and print the last one's rows.

    Asks the endpoint of AWS_ENDPOINT_URL when that is set and no folder is named, else the
    folder's. TEXT may be `-` to read standard input.

    Example: local-athena sql "select 1"
    """
    from local_athena.cli.display import show
    from local_athena.client import AthenaClient
    from local_athena.sql.statements import split_statements

    statements = split_statements(sys.stdin.read() if text == "-" else text)
    if not statements:
        raise click.UsageError("there is no statement in the text")
    settings = _settings(data, port=0, engine=engine, decimal_literals=literals)
    _bound(settings)
    with _endpoint_of(settings, is_named=_is_given(ctx, "data")) as url:
        client = AthenaClient(url)
        for statement in statements:
            answer = client.run(statement, database, RESULTS)
        show(answer, style, click.echo)
        client.close()
    _leave(ctx, 0)


@main.command("diff", context_settings={"allow_interspersed_args": False})
@data_option
@click.option(
    "--file",
    "path",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Statements to run one after the other on both engines.",
)
@click.option(
    "--database",
    default="default",
    show_default=True,
    envvar="LOCAL_ATHENA_DATABASE",
    help="Database of unqualified names.",
)
@click.option(
    "--ignore",
    "ignored",
    multiple=True,
    metavar="PATTERN",
    help="Columns left out when tables are compared: database.table.column, with * (repeatable).",
)
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def diff(
    ctx: click.Context,
    data: Path,
    path: Path | None,
    database: str,
    ignored: tuple[str, ...],
    command: tuple[str, ...],
) -> None:
    """Run the same work on the embedded engine and on a real Trino; report every difference.

    Each works on its own copy of the data folder, which itself stays as it is. With --file every
    statement's outcome is compared; with a command its exit status, the statements that failed,
    and then every table and view. Ends with 1 when anything differs.

    Example: local-athena diff -- dbt build
    """
    from local_athena.comparison.lakes import two_lakes

    if (path is None) == (not command):
        raise click.UsageError("give either --file or a command")
    _show_progress()
    count = 0
    with two_lakes(_settings(data)) as lakes:
        from local_athena.comparison.run import compare_command, compare_statements

        if path is not None:
            lines = compare_statements(lakes, path.read_text("utf-8"), database)
        else:
            lines = compare_command(lakes, command, ignored, _run, _note)
        for line in lines:
            count += 1
            click.echo(line)
    click.echo(f"{count or 'no'} difference{'' if count == 1 else 's'}")
    _leave(ctx, 1 if count else 0)


@main.command()
@data_option
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--dry-run", is_flag=True, help="Say what would be deleted, delete nothing.")
def reset(data: Path, yes: bool, dry_run: bool) -> None:
    """Delete a data folder with all its tables and objects.

    Example: local-athena reset --data .local-athena --yes
    """
    from local_athena.errors import DataFolderError
    from local_athena.storage.folder import DataFolder, looks_like_data_folder

    data = data.absolute()
    if not data.exists():
        click.echo(f"nothing to delete: {data} does not exist")
        return
    if not looks_like_data_folder(data):
        raise DataFolderError(data, f"{data} is not a local-athena data folder: nothing deleted")
    if dry_run:
        click.echo(f"would delete {data}")
        return
    if not yes:
        click.confirm(f"Delete {data} with all tables and objects?", abort=True)
    folder = DataFolder.open(data)  # refuses while a server works on it
    try:
        shutil.rmtree(data)
    finally:
        folder.close()
    click.echo(f"deleted {data}")


@main.command()
@data_option
@click.pass_context
def doctor(ctx: click.Context, data: Path) -> None:
    """Check this machine and the data folder.

    Example: local-athena doctor
    """
    from local_athena.cli.doctor import examine

    failed = False
    for check in examine(data):
        failed = failed or not check.ok
        click.echo(f"{'ok  ' if check.ok else 'FAIL'} {check.name}: {check.text}")
    ctx.exit(1 if failed else 0)


def _is_given(ctx: click.Context, option: str) -> bool:
    """Whether an option stands on the command line or in its variable."""
    return ctx.get_parameter_source(option) is not ParameterSource.DEFAULT


@contextlib.contextmanager
def _endpoint_of(settings: Settings, *, is_named: bool) -> Iterator[str]:
    """Where to ask: AWS_ENDPOINT_URL unless the data folder `is_named`, else that folder's."""
    from local_athena.cli.attach import attached

    asked = os.environ.get("AWS_ENDPOINT_URL", "").rstrip("/")
    if asked.startswith("http://") and not is_named:
        yield asked
        return
    with attached(settings, _note) as endpoint:
        if asked and asked != endpoint.url:
            _note(f"AWS_ENDPOINT_URL ({asked}) is not asked, but the data folder {settings.data}")
        yield endpoint.url


def _note(text: str) -> None:
    click.echo(f"local-athena: {text}", err=True)


def _show_progress() -> None:
    """Print what the engine `trino` says while it is fetched and started."""
    logger = logging.getLogger("local_athena.engine.trino")
    if not logger.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("local-athena: %(message)s"))
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        logger.propagate = False


def _leave(ctx: click.Context, status: int) -> None:
    """End with a status, at once even while a thread still imports the engine or runs a query.

    Python may crash when it ends under a thread that imports C++ libraries, and would wait for
    queries; everything durable is closed by now.
    """
    busy = (LOADING_THREAD, QUERY_THREADS)
    if any(thread.name.startswith(busy) for thread in threading.enumerate()):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    ctx.exit(status)


def _bound(settings: Settings) -> None:
    """Bound this process's memory, where it runs queries itself."""
    if settings.engine != "trino":
        memory.bound(settings.process_memory)


def _settings(data: Path, **given: object) -> Settings:
    if given.get("engine") == "trino":
        _show_progress()
    return Settings.from_env(os.environ, data=data.absolute(), **given)


def _run(command: tuple[str, ...], environ: dict[str, str]) -> int:
    """Run a command to its end; its exit status, or 128 + the signal that ended it."""
    interactive = sys.stdin is not None and sys.stdin.isatty()
    children: list[subprocess.Popen[bytes]] = []
    early: list[int] = []

    def forward(number: int) -> None:
        if number == signal.SIGINT and interactive:
            return  # the terminal sent it to the command too
        if not children:
            early.append(number)
        elif children[0].poll() is None:
            children[0].send_signal(number)

    # Before the command starts: a signal in between must neither be lost nor leave it alone.
    _on_signals(forward, signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    with leash(command, environ) as child:
        children.append(child)
        for number in early:
            forward(number)
        status = child.wait()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    return status if status >= 0 else 128 - status


def _on_signals(action: Callable[[int], None], *numbers: signal.Signals) -> None:
    def handle(number: int, frame: FrameType | None) -> None:
        action(number)

    for number in numbers:
        signal.signal(number, handle)
