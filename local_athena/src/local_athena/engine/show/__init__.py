"""SHOW and DESCRIBE: what the catalog holds, in Athena's lines."""

from local_athena.engine.show.create_text import show_create_table, show_create_view
from local_athena.engine.show.describe import describe
from local_athena.engine.show.functions import show_functions
from local_athena.engine.show.lists import show_list

__all__ = ["describe", "show_create_table", "show_create_view", "show_functions", "show_list"]
