"""Each room of `sql` stands on its own, whichever is imported first."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize("room", ["binder", "parser", "pruning", "rewrite"])
def test_import__of_one_room_first__needs_no_other_before_it(room):
    done = subprocess.run(
        [sys.executable, "-c", f"import local_athena.sql.{room}"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
