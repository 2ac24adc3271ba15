"""A Talend Management Console on the loopback, as its published documentation describes it.

Source: Talend Cloud Processing API and Execution Logs API, version 2021-03, read 2026-11-29
(https://talend.qlik.dev/apis/processing/2021-03/). A posted execution is dispatched and then runs
the reference job; tasks with a `script` of statuses go through those instead, one a question.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

TOKEN = "pat-4f1c"


@dataclass(slots=True)
class Task:
    """A task: the launcher it runs with its context, or the statuses it goes through.

    `counter` grows by a dot at each question after an execution of it.
    """

    name: str
    launcher: Path | None = None
    context: str = "Ci"
    script: tuple[str, ...] = ()
    counter: Path | None = None
    silent: int = 0
    """Questions after an execution of it whose connection breaks."""


@dataclass(slots=True)
class Run:
    """An execution of a task."""

    id: str
    executable: str
    body: dict[str, Any]
    status: str = "dispatching"
    asked: int = 0
    process: subprocess.Popen[str] | None = None
    error_message: str | None = None
    started: str = field(default_factory=lambda: _now())
    finished: str | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """What one request gets instead of its answer: a status, or a connection that breaks."""

    method: str
    status: int | None
    retry_after: str | None = None
    after: bool = False
    """The request is obeyed first, and then its answer is lost."""


class Tmc:
    """The console's state; `requests` are those that came, `faults` what the next ones get."""

    def __init__(self, environ: dict[str, str], folder: Path) -> None:
        self.environ = environ
        self.folder = folder
        self.tasks: dict[str, Task] = {}
        self.runs: dict[str, Run] = {}
        self.faults: list[Fault] = []
        self.requests: list[tuple[str, str, Any]] = []
        self.lock = threading.RLock()
        self.url = ""

    def add(self, task: Task) -> str:
        """Make a task; return its id."""
        executable = uuid.uuid4().hex[:24]
        self.tasks[executable] = task
        return executable

    def count(self, method: str, part: str = "") -> int:
        """How many requests of a method came whose path holds a text."""
        return sum(1 for m, path, _ in self.requests if m == method and part in path)

    def start(self, body: dict[str, Any]) -> Run:
        run = Run(str(uuid.uuid4()), body["executable"], body)
        self.runs[run.id] = run
        return run

    def advance(self, run: Run) -> None:
        """What became of an execution since it was asked last."""
        task = self.tasks[run.executable]
        if task.counter is not None:
            with task.counter.open("a") as counter:
                counter.write(".")
        if run.finished is not None:
            return
        if task.script:
            run.status = task.script[min(run.asked, len(task.script) - 1)]
        elif run.process is None:
            if run.asked > 0:
                run.process = self._launch(task, run)
                run.status = "executing"
        elif (code := run.process.poll()) is not None:
            run.status = "execution_successful" if code == 0 else "execution_failed"
            run.error_message = None if code == 0 else f"Job ended with exit code {code}"
        run.asked += 1
        if run.status not in ("dispatching", "executing"):
            run.finished = _now()

    def _launch(self, task: Task, run: Run) -> subprocess.Popen[str]:
        assert task.launcher is not None
        arguments = [f"--context={task.context}"]
        for name, value in run.body.get("parameters", {}).items():
            arguments += ["--context_param", f"{name}={value}"]
        with (self.folder / f"{run.id}.log").open("w") as log:
            return subprocess.Popen(
                ["sh", str(task.launcher), *arguments],
                env=self.environ,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                text=True,
            )

    def terminate(self, run: Run) -> None:
        if run.finished is None:
            kill(run.process)
            run.status, run.finished = "terminated", _now()

    def describe(self, run: Run) -> dict[str, Any]:
        """JobExecutionStatus of API 2021-03."""
        task = self.tasks[run.executable]
        return {
            "executionId": run.id,
            "startTimestamp": run.started,
            "triggerTimestamp": run.started,
            **({"finishTimestamp": run.finished} if run.finished else {}),
            "userId": "airflow",
            "userType": "SERVICE",
            "jobId": run.executable,
            "jobVersion": "0.1.0",
            "taskVersion": "0.1",
            "environmentVersion": "1.0",
            "status": run.status,
            "executionStatus": run.status.upper(),
            "executionType": "MANUAL",
            "executionDestination": "REMOTE_ENGINE",
            "runtime": {"type": "REMOTE_ENGINE"},
            "artifactName": task.name,
            **(
                {"errorType": "JOB", "errorMessage": run.error_message} if run.error_message else {}
            ),
        }


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    tmc: Tmc

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def log_message(self, *arguments: Any) -> None:
        """Keep the test's output clean."""

    def _serve(self) -> None:
        tmc = self.tmc
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            body = json.loads(content) if content else None
        except ValueError:
            body = content
        with tmc.lock:
            tmc.requests.append((self.command, self.path, body))
            fault = next((f for f in tmc.faults if f.method == self.command), None)
            if fault is not None:
                tmc.faults.remove(fault)
                if fault.after:
                    self._answer(body)
                if fault.status is None:
                    self._break()
                    return
                headers = {"Retry-After": fault.retry_after} if fault.retry_after else {}
                self._send(fault.status, {"status": fault.status, "message": "fault"}, headers)
                return
            status, document = self._answer(body)
            if status:
                self._send(status, document)
            else:
                self._break()

    def _answer(self, body: Any) -> tuple[int, Any]:
        tmc = self.tmc
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return 401, {"status": 401, "message": "Unauthorized"}
        match self.command, self.path.partition("?")[0].strip("/").split("/"):
            case "POST", ["processing", "executions"]:
                if not isinstance(body, dict) or not isinstance(body.get("executable"), str):
                    return 400, {"status": 400, "message": "executable is required"}
                if body.get("timeout", 1) < 1:
                    return 400, {"status": 400, "message": "timeout: minimal value is 1"}
                if body["executable"] not in tmc.tasks:
                    return 404, {"status": 404, "message": "Task not found"}
                return 201, {"executionId": tmc.start(body).id}
            case "GET", ["processing", "executions", run_id] if run_id in tmc.runs:
                task = tmc.tasks[tmc.runs[run_id].executable]
                if task.silent > 0:
                    task.silent -= 1
                    return 0, None
                tmc.advance(tmc.runs[run_id])
                return 200, tmc.describe(tmc.runs[run_id])
            case "DELETE", ["processing", "executions", run_id] if run_id in tmc.runs:
                tmc.terminate(tmc.runs[run_id])
                return 204, None
            case "GET", ["processing", "executables", "tasks"]:
                items = [{"name": t.name, "executable": e} for e, t in tmc.tasks.items()]
                return 200, {"items": items, "limit": 100, "offset": 0, "total": len(items)}
            case "GET", ["processing", "executables", "tasks", task, "executions"]:
                runs = [tmc.describe(run) for run in tmc.runs.values() if run.executable == task]
                return 200, {"items": runs, "limit": 100, "offset": 0, "total": len(runs)}
            case "POST", ["monitoring", "executions", run_id, "logs"] if run_id in tmc.runs:
                return 200, {"size": 1, "token": uuid.uuid4().hex}
        return 404, {"status": 404, "message": "Not found"}

    def _break(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def _send(self, status: int, document: Any, headers: dict[str, str] | None = None) -> None:
        content = b"" if document is None else json.dumps(document).encode()
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def kill(process: subprocess.Popen[str] | None) -> None:
    """End a launcher and all that it started."""
    if process is not None and process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextmanager
def serve_tmc(environ: dict[str, str], folder: Path) -> Iterator[Tmc]:
    """A console on a free port, its jobs with the given environment; ends with what it started."""
    tmc = Tmc(environ, folder)
    handler = type("Handler", (_Handler,), {"tmc": tmc})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        tmc.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield tmc
        finally:
            server.shutdown()
            thread.join()
            for run in tmc.runs.values():
                kill(run.process)


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
