"""The setup script, as an interpreter that knows nothing of the project runs it."""

from __future__ import annotations

import importlib.util
import os
import pty
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture
def setup_env(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script over a folder of its own that has a lock; what it runs is only written down."""
    spec = importlib.util.spec_from_file_location("setup_env", PROJECT / "scripts/setup_env.py")
    assert spec
    assert spec.loader
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "demo.txt").write_text("a==1\n")
    monkeypatch.setattr(script, "ROOT", tmp_path)
    monkeypatch.setattr(script, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(script, "UNFINISHED", tmp_path / ".venv-unfinished")
    return script


def test_main__killed_in_the_middle__the_next_one_begins_anew(
    setup_env: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The environment is a real one; only the installation into it is left out."""

    def killed(*command: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(setup_env, "run", killed)
    with pytest.raises(KeyboardInterrupt):
        setup_env.main("demo")
    half = setup_env.VENV / "half-installed"
    half.write_text("")

    monkeypatch.setattr(setup_env, "run", lambda *command: None)
    setup_env.main("demo")
    assert "an earlier setup was interrupted" in capsys.readouterr().out
    assert not half.exists()
    assert (setup_env.VENV / ".ready-demo").exists()

    half.write_text("")
    setup_env.main("demo")
    assert half.exists(), "a whole environment is kept"


def test_find_python__none_is_usable__says_which_and_how_to_name_one(
    setup_env: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(setup_env, "usable", lambda python: False)
    with pytest.raises(SystemExit, match=r"Python 3\.11 to 3\.13 is needed .*PYTHON=/path"):
        setup_env.find_python()


def test_make_venv__folder_cannot_be_written__says_so(
    setup_env: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(setup_env, "UNFINISHED", tmp_path / "no such folder" / "mark")
    with pytest.raises(SystemExit, match=r"cannot write in .*clone into a folder of yours"):
        setup_env.make_venv()


SLOW = (sys.executable, "-c", "import sys; sys.stdin.read()")


@pytest.fixture
def stdin_that_stays_open(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """What the slow command waits for is the closing of the number that this yields."""
    reading, writing = os.pipe()
    os.set_inheritable(writing, False)
    kept = os.dup(0)
    os.dup2(reading, 0)
    os.close(reading)
    try:
        yield writing
    finally:
        os.dup2(kept, 0)
        os.close(kept)


def test_run__a_slow_step_without_a_terminal__says_that_it_is_at_work(
    setup_env: Any, monkeypatch: pytest.MonkeyPatch, stdin_that_stays_open: int
) -> None:
    said = []

    def say(text: str) -> None:
        said.append(text)
        if len(said) == 2:
            os.close(stdin_that_stays_open)

    monkeypatch.setattr(setup_env, "SILENT_SECONDS", 0.05)
    monkeypatch.setattr(setup_env, "shows_progress", lambda: False)
    monkeypatch.setattr(setup_env, "say", say)
    setup_env.run(*SLOW)
    assert said[:2] == ["still at work, 0 s", "still at work, 0 s"]


def test_quiet__on_a_terminal__lets_the_installers_draw(
    setup_env: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ours, theirs = pty.openpty()
    with os.fdopen(ours), os.fdopen(theirs, "w") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        assert setup_env.quiet() == []
    with (tmp_path / "log").open("w") as log:
        monkeypatch.setattr(sys, "stderr", log)
        assert setup_env.quiet() == ["--quiet"]


def test_run__a_step_that_fails__says_which(setup_env: Any) -> None:
    with pytest.raises(SystemExit, match=r"a step failed: .*sys\.exit\(3\) \(3\)\. If it could"):
        setup_env.run(sys.executable, "-c", "import sys; sys.exit(3)")
    with pytest.raises(SystemExit, match=r"a step failed: /no/such/program .*No such file"):
        setup_env.run("/no/such/program")
