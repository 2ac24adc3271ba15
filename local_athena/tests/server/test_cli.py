"""The command line, as a user has it: processes, signals, exit statuses."""

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from local_athena.cli.display import show
from local_athena.client import Answer

COMMAND = [sys.executable, "-m", "local_athena.cli"]


@pytest.fixture
def environ() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {**kept, "PYTHONUNBUFFERED": "1"}


@pytest.fixture
def serve(environ: dict[str, str], tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Start `serve` on tmp_path/data; gives (process, url)."""
    running: list[subprocess.Popen[str]] = []

    def start(*options: str) -> tuple[subprocess.Popen[str], str]:
        process = subprocess.Popen(
            [*COMMAND, "serve", "--data", str(tmp_path / "data"), "--port", "0", *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environ,
        )
        running.append(process)
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("local-athena is ready at http://127.0.0.1:"), line
        return process, line.split()[4]

    yield start
    for process in running:
        if process.poll() is None:
            process.kill()
        process.communicate()


def local_athena(
    environ: dict[str, str], *arguments: str, stdin: str | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments],
        capture_output=True,
        text=True,
        env=environ,
        input=stdin,
        timeout=120,
        check=False,
    )


def call(url: str, target: str, **body: Any) -> dict[str, Any]:
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=60)
    connection.request("POST", "/", json.dumps(body), {"X-Amz-Target": target})
    answer: dict[str, Any] = json.loads(connection.getresponse().read() or b"{}")
    connection.close()
    return answer


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serve__signal__stops_cleanly(
    serve: Callable[..., Any], tmp_path: Path, number: signal.Signals
) -> None:
    process, _ = serve()
    assert json.loads((tmp_path / "data/endpoint.json").read_text())["pid"] == process.pid
    process.send_signal(number)
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, output, errors) == (0, "", "")
    assert not (tmp_path / "data/endpoint.json").exists()


def test_serve__kill_9__loses_nothing_that_was_answered(
    serve: Callable[..., Any], tmp_path: Path
) -> None:
    process, url = serve()
    call(url, "AWSGlue.CreateDatabase", DatabaseInput={"Name": "db"})
    call(url, "AWSGlue.CreateTable", DatabaseName="db", TableInput={"Name": "t"})
    call(url, "AmazonAthena.CreateWorkGroup", Name="team")
    for number in range(20):
        call(
            url, "AWSGlue.UpdateTable", DatabaseName="db", VersionId=str(number),
            TableInput={"Name": "t", "Description": f"{number}"},
        )  # fmt: skip
    process.kill()
    process.communicate()

    _, url = serve()
    table = call(url, "AWSGlue.GetTable", DatabaseName="db", Name="t")["Table"]
    assert (table["VersionId"], table["Description"]) == ("20", "19")
    groups = call(url, "AmazonAthena.ListWorkGroups")["WorkGroups"]
    assert [group["Name"] for group in groups] == ["primary", "team"]


def test_serve__refusals__are_one_line_and_status_1(
    serve: Callable[..., Any], environ: dict[str, str], tmp_path: Path
) -> None:
    process, url = serve()
    data = str(tmp_path / "data")
    locked = local_athena(environ, "serve", "--data", data, "--port", "0")
    assert (locked.returncode, locked.stdout) == (1, "")
    assert f"pid {process.pid}" in locked.stderr
    port = str(urlsplit(url).port)
    taken = local_athena(environ, "serve", "--data", str(tmp_path / "other"), "--port", port)
    assert taken.returncode == 1
    assert f"port {port} on 127.0.0.1 is taken" in taken.stderr
    again = local_athena(environ, "serve", "--data", data, "--port", port)
    assert (again.returncode, again.stderr) == (1, locked.stderr)
    (tmp_path / "file").write_text("")
    wrong = local_athena(environ, "serve", "--data", str(tmp_path / "file" / "x"), "--port", "0")
    assert wrong.returncode == 1
    for refused in (locked, taken, again, wrong):
        assert refused.stderr.startswith("local-athena: ")
        assert refused.stderr.count("\n") == 1


def test_exec__command__gets_the_variables_and_gives_its_status(
    environ: dict[str, str], tmp_path: Path
) -> None:
    code = "import os, json; print(json.dumps(dict(os.environ))); raise SystemExit(7)"
    done = local_athena(
        {**environ, "AWS_PROFILE": "mine", "AWS_SESSION_TOKEN": "x"},
        "exec", "--data", str(tmp_path / "data"), "--", sys.executable, "-c", code,
    )  # fmt: skip
    assert done.returncode == 7, done.stderr
    seen = json.loads(done.stdout)
    assert seen["AWS_ENDPOINT_URL"].startswith("http://127.0.0.1:")
    assert seen["AWS_REGION"] == seen["AWS_DEFAULT_REGION"] == "us-east-1"
    assert seen["AWS_ACCESS_KEY_ID"]
    assert seen["AWS_SECRET_ACCESS_KEY"]
    assert "AWS_PROFILE" not in seen
    assert "AWS_SESSION_TOKEN" not in seen


def test_exec__folder_served_already__uses_that_server(
    serve: Callable[..., Any], environ: dict[str, str], tmp_path: Path
) -> None:
    _, url = serve()
    done = local_athena(
        environ,
        "exec",
        "--data",
        str(tmp_path / "data"),
        "--",
        "sh",
        "-c",
        "echo $AWS_ENDPOINT_URL",
    )
    assert done.stdout.strip() == url
    assert call(url, "AmazonAthena.ListWorkGroups")["WorkGroups"]


def test_exec__bucket__is_made_once_and_results_may_go_there(
    environ: dict[str, str], tmp_path: Path
) -> None:
    code = (
        "import boto3\n"
        "print([b['Name'] for b in boto3.client('s3').list_buckets()['Buckets']])\n"
        "boto3.client('athena').start_query_execution(QueryString='select 1',"
        " ResultConfiguration={'OutputLocation': 's3://staging/dbt/'})\n"
    )
    data = ("--data", str(tmp_path / "d"), "--bucket", "staging")
    for _ in range(2):
        done = local_athena(environ, "exec", *data, "--", sys.executable, "-c", code)
        assert (done.returncode, done.stdout) == (0, "['staging']\n"), done.stderr
    wrong = local_athena(
        environ, "exec", "--data", str(tmp_path / "d"), "--bucket", "a_B", "--", "true"
    )
    assert wrong.returncode == 1
    assert wrong.stderr.startswith("local-athena: the bucket 'a_B' cannot be made: ")


def test_exec__unknown_command__is_127(environ: dict[str, str], tmp_path: Path) -> None:
    done = local_athena(environ, "exec", "--data", str(tmp_path / "d"), "--", "no-such-command")
    assert done.returncode == 127
    assert "no-such-command: command not found" in done.stderr


def test_exec__sigterm__reaches_the_command(environ: dict[str, str], tmp_path: Path) -> None:
    code = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))\n"
        "print('up', flush=True)\n"
        "time.sleep(60)\n"
    )
    process = subprocess.Popen(
        [*COMMAND, "exec", "--data", str(tmp_path / "d"), "--", sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        text=True,
        env=environ,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    process.terminate()
    process.communicate(timeout=60)
    assert process.returncode == 3


def test_exec__killed__its_command_ends_too(environ: dict[str, str], tmp_path: Path) -> None:
    # The command does it, as the first thing of all: no later moment is as early.
    code = (
        "import os, signal\n"
        "print(os.getpid(), flush=True)\n"
        "os.kill(os.getppid(), signal.SIGKILL)\n"
        "signal.pause()\n"
    )
    process = subprocess.Popen(
        [*COMMAND, "exec", "--data", str(tmp_path / "d"), "--", sys.executable, "-S", "-c", code],
        stdout=subprocess.PIPE,
        text=True,
        env=environ,
    )
    assert process.stdout is not None
    child = int(process.stdout.readline())
    try:
        # The command holds the other end of standard output: this comes back when it has ended.
        process.communicate(timeout=30)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL


def test_sql__endpoint_of_the_environment__is_asked_unless_a_folder_is_named(
    serve: Callable[..., Any], environ: dict[str, str], tmp_path: Path
) -> None:
    _, url = serve()
    call(url, "AWSGlue.CreateDatabase", DatabaseInput={"Name": "there"})
    show = ("sql", "--format", "csv", "show databases")
    pointed = {**environ, "AWS_ENDPOINT_URL": url}
    asked = local_athena(pointed, *show)
    assert (asked.returncode, asked.stderr) == (0, "")
    assert "there" in asked.stdout
    named = local_athena({**pointed, "LOCAL_ATHENA_DATA": str(tmp_path / "other")}, *show)
    assert "there" not in named.stdout
    assert f"AWS_ENDPOINT_URL ({url}) is not asked" in named.stderr
    dead = local_athena({**environ, "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, *show)
    assert dead.returncode == 1
    assert dead.stderr.startswith("local-athena: http://127.0.0.1:9 does not answer as an Athena")
    assert dead.stderr.count("\n") == 1


def test_reset__folder_of_data__is_deleted_only_when_free(
    serve: Callable[..., Any], environ: dict[str, str], tmp_path: Path
) -> None:
    data = tmp_path / "data"
    process, _ = serve()
    refused = local_athena(environ, "reset", "--data", str(data), "--yes")
    assert refused.returncode == 1
    assert "in use" in refused.stderr
    process.terminate()
    process.communicate(timeout=60)
    assert local_athena(environ, "reset", "--data", str(data), stdin="n\n").returncode == 1
    assert local_athena(environ, "reset", "--data", str(data), "--dry-run").returncode == 0
    assert data.exists()
    done = local_athena(environ, "reset", "--data", str(data), "--yes")
    assert (done.returncode, data.exists()) == (0, False)


def test_reset__other_folder__is_left_alone(environ: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("x")
    done = local_athena(environ, "reset", "--data", str(tmp_path), "--yes")
    assert done.returncode == 1
    assert (tmp_path / "precious").exists()


def test_doctor__on_this_machine__finds_nothing_wrong(
    environ: dict[str, str], tmp_path: Path
) -> None:
    done = local_athena(environ, "doctor", "--data", str(tmp_path / "d"))
    assert done.returncode == 0, done.stdout
    assert "FAIL" not in done.stdout
    assert not (tmp_path / "d").exists()


@pytest.mark.parametrize(
    ("style", "text"),
    [
        (
            "table",
            'id  name     ok\n--  -------  ----\n 1  say "a"  true\n22  NULL     NULL\n(2 rows)\n',
        ),
        ("csv", '"id","name","ok"\n"1","say ""a""","true"\n"22",,\n'),
        (
            "json",
            (
                '[{"id": 1, "name": "say \\"a\\"", "ok": true}\n'
                ',{"id": 22, "name": null, "ok": null}\n]\n'
            ),
        ),
    ],
)
def test_show__each_style__prints_rows(style: str, text: str) -> None:
    lines: list[str] = []
    rows = [("1", 'say "a"', "true"), ("22", None, None)]
    answer = Answer(("id", "name", "ok"), ("bigint", "varchar", "boolean"), iter(rows))
    show(answer, style, lines.append)
    assert "".join(f"{line}\n" for line in lines) == text


def test_exec__endpoint_of_another_exec__lives_until_both_end(
    environ: dict[str, str], tmp_path: Path
) -> None:
    """The one that started the endpoint finishes first, and must not take it away."""
    ready, go = tmp_path / "ready", tmp_path / "go"
    wait = (
        "import pathlib, sys, time\n"
        "pathlib.Path(sys.argv[1]).touch()\n"
        "while not pathlib.Path(sys.argv[2]).exists(): time.sleep(0.02)\n"
    )
    ask = (
        "import os, urllib.request as u\n"
        "r = u.Request(os.environ['AWS_ENDPOINT_URL'], b'{}',"
        " {'X-Amz-Target': 'AmazonAthena.ListWorkGroups'})\n"
        "print(u.urlopen(r).status)\n"
    )

    def start(code: str, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*COMMAND, "exec", "--data", str(tmp_path / "d"), "--", sys.executable, "-c", code,
             *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environ,
        )  # fmt: skip

    first = start(wait, str(ready), str(tmp_path / "first-may-end"))
    while not ready.exists():
        assert first.poll() is None
        time.sleep(0.02)
    ready.unlink()
    second = start(wait + ask, str(ready), str(go))
    while not ready.exists():
        assert second.poll() is None
        time.sleep(0.02)
    (tmp_path / "first-may-end").touch()
    assert first.stderr is not None
    assert "other commands use this endpoint" in first.stderr.readline()
    go.touch()
    assert second.communicate(timeout=60)[0] == "200\n"
    first.communicate(timeout=60)
    assert (first.returncode, second.returncode) == (0, 0)


def test_sql__several_statements__prints_the_last_ones_rows(
    environ: dict[str, str], tmp_path: Path
) -> None:
    data = str(tmp_path / "d")
    text = "create database if not exists d; select 7 as n, 'x;y' as t, null as z -- end"
    done = local_athena(environ, "sql", "--data", data, "--format", "csv", text)
    assert (done.stdout, done.stderr, done.returncode) == ('"n","t","z"\n"7","x;y",\n', "", 0)
    done = local_athena(
        environ, "sql", "--data", data, "--format", "json", "-", stdin="show databases"
    )
    assert {"d"} <= {next(iter(row.values())) for row in json.loads(done.stdout)}


def test_sql__describe__prints_a_table_of_the_columns(
    environ: dict[str, str], tmp_path: Path
) -> None:
    data = str(tmp_path / "d")
    made = (
        "create database d; create external table d.t (n int comment 'how many', s string) "
        "location 's3://lake/t/'; "
    )
    assert local_athena(environ, "sql", "--data", data, made).returncode == 0
    done = local_athena(environ, "sql", "--data", data, "describe d.t")
    assert [line.split() for line in done.stdout.splitlines()[2:4]] == [
        ["n", "int", "how", "many"],
        ["s", "string"],
    ]
    done = local_athena(environ, "sql", "--data", data, "--format", "json", "describe d.t")
    assert [list(row.values())[:2] for row in json.loads(done.stdout)] == [
        ["n", "int"],
        ["s", "string"],
    ]
    done = local_athena(environ, "sql", "--data", data, "show tblproperties d.t")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("text", "status", "message"),
    [
        ("select nope", 1, "local-athena: COLUMN_NOT_FOUND: "),
        ("select 'x", 1, "local-athena: a string that starts in line 1 is not closed\n"),
        (" ; ", 2, "there is no statement in the text"),
    ],
)
def test_sql__mistake__goes_to_standard_error(
    environ: dict[str, str], tmp_path: Path, text: str, status: int, message: str
) -> None:
    done = local_athena(environ, "sql", "--data", str(tmp_path / "d"), text)
    assert (done.returncode, done.stdout) == (status, "")
    assert message in done.stderr
