"""Loads the package `local_athena` first: its folder of the same name would pass for it."""

import local_athena  # noqa: F401
