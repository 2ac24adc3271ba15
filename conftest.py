"""Settings of every test: the package before its folder of the same name; no time limit an example.

Examples of property tests run on busy machines; a slow one is no failure.
"""

import hypothesis

import local_athena  # noqa: F401

hypothesis.settings.register_profile("project", deadline=None)
hypothesis.settings.load_profile("project")
