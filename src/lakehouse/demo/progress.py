"""Progress that is always visible: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

_LINE_EVERY_SECONDS = 5.0


class Step:
    """A step under way: ``tick`` moves it, ``note`` says how it ended."""

    def __init__(self, reporter: Reporter, label: str, task: TaskID | None) -> None:
        self._reporter = reporter
        self._label = label
        self._task = task
        self._spoke_at = time.monotonic()
        self.note = ""

    def tick(self, done: int, total: int, what: str) -> None:
        """``done`` of ``total`` parts are done; ``what`` was the last one."""
        if self._task is not None:
            self._reporter.bar.update(self._task, completed=done, total=total, what=what)
        elif time.monotonic() - self._spoke_at > _LINE_EVERY_SECONDS:
            self._spoke_at = time.monotonic()
            self._reporter.say(f"{self._label}: {done} of {total}, {what}")


class Reporter:
    """Shows steps and keeps their seconds, by kind; use as a context manager."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False, soft_wrap=True)
        self.seconds: dict[str, float] = {}
        self.bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[what]}", style="dim"),
            console=self.console,
            transient=True,
        )

    @property
    def is_terminal(self) -> bool:
        """Whether a bar can be drawn."""
        return self.console.is_terminal

    def __enter__(self) -> Self:
        if self.is_terminal:
            self.bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.is_terminal:
            self.bar.stop()

    def say(self, line: str) -> None:
        """Print a line at once."""
        self.console.print(line, markup=False)
        self.console.file.flush()

    @contextmanager
    def step(self, kind: str, label: str) -> Iterator[Step]:
        """A step: its seconds are added to those of its ``kind``; ``label`` is shown."""
        task = self.bar.add_task(label, total=None, what="") if self.is_terminal else None
        step = Step(self, label, task)
        if task is None:
            self.say(f"{label} …")
        start = time.perf_counter()
        try:
            yield step
        finally:
            seconds = time.perf_counter() - start
            self.seconds[kind] = self.seconds.get(kind, 0.0) + seconds
            if task is not None:
                self.bar.remove_task(task)
        self.say(f"{label}: {step.note or 'done'} ({seconds:.1f} s)")
