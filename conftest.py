"""Settings of every test: the package before its folder of the same name; no time limit an example.

Examples of property tests run on busy machines; a slow one is no failure. They are the same in
every run, so that a red one is red for whoever looks. Python's recursion limit is a server's
(`engine.session`) from the start, not from the first test that makes a session. Temporary folders
lie below one root for each checkout: pytest closes the root that all runs share to other users
whenever a run begins, and the embedded PostgreSQL of a run as root works as another user.
"""

import os
import sys
import tempfile
import zlib
from pathlib import Path

import hypothesis

import local_athena  # noqa: F401

hypothesis.settings.register_profile("project", deadline=None, derandomize=True)
hypothesis.settings.load_profile("project")

sys.setrecursionlimit(100_000)

if "PYTEST_DEBUG_TEMPROOT" not in os.environ:
    # A short name: PostgreSQL's socket lies below it, and such a path has 107 bytes at most.
    root = Path(tempfile.gettempdir(), f"lh-{zlib.crc32(os.fsencode(Path(__file__).parent)):08x}")
    root.mkdir(exist_ok=True)
    os.environ["PYTEST_DEBUG_TEMPROOT"] = str(root)
