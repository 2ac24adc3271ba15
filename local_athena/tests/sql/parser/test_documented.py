"""Statements that the Athena user guide shows: every one of them is in the grammar.

`documented.jsonl` holds the guide's code samples (github.com/awsdocs/amazon-athena-user-guide,
April 2023, sample code under MIT-0), each with its page; outlines and samples with misprints
were left out.
"""

import json
from collections import defaultdict
from pathlib import Path

import pytest
from local_athena.sql.errors import SyntaxFault
from local_athena.sql.parser import parse_statement

SAMPLES = defaultdict(list)
for line in (Path(__file__).parent / "documented.jsonl").read_text("utf-8").split("\n"):
    if line:
        sample = json.loads(line)
        SAMPLES[sample["page"]].append(sample["sql"])


@pytest.mark.parametrize("page", sorted(SAMPLES))
def test_parse_statement__what_amazon_shows__is_in_the_grammar(page):
    refused = {}
    for sql in SAMPLES[page]:
        try:
            parse_statement(sql)
        except SyntaxFault as fault:
            refused[sql] = str(fault)
    assert refused == {}


def test_samples__of_every_kind__are_there():
    words = {sql.split()[0].upper() for statements in SAMPLES.values() for sql in statements}
    wanted = {"CREATE", "ALTER", "SHOW", "MSCK", "DROP", "DESCRIBE", "INSERT", "UNLOAD", "MERGE"}
    assert wanted | {"DELETE", "UPDATE", "PREPARE", "EXECUTE", "EXPLAIN", "VACUUM"} <= words
