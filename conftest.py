"""Settings of every test: the package before its folder of the same name; no time limit an example.

Examples of property tests run on busy machines; a slow one is no failure. They are the same in
every run, so that a red one is red for whoever looks. Python's recursion limit is a server's
(`engine.session`) from the start, not from the first test that makes a session.
"""

import sys

import hypothesis

import local_athena  # noqa: F401

hypothesis.settings.register_profile("project", deadline=None, derandomize=True)
hypothesis.settings.load_profile("project")

sys.setrecursionlimit(100_000)
