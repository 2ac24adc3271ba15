"""Where tests have their temporary folders: `conftest.py` at the root."""

import os
import stat
import subprocess
import sys
from pathlib import Path


def test_tmp_path__another_run_of_pytest_begins__stays_open_to_other_users(tmp_path: Path) -> None:
    """The embedded PostgreSQL opens the folders above its own to the user it works as."""
    shared = next((one for one in tmp_path.parents if one.name.startswith("pytest-of-")), tmp_path)
    shared.chmod(0o755)
    other = tmp_path / "test_other.py"
    other.write_text("def test_nothing(tmp_path): pass")
    environ = {name: text for name, text in os.environ.items() if not name.startswith("PYTEST")}
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-c", os.devnull, "--rootdir", tmp_path, other],
        env=environ, cwd=tmp_path, check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    assert stat.S_IMODE(shared.stat().st_mode) == 0o755
