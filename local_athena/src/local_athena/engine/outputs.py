"""Result objects of statements that are no queries: `.txt` answers and manifests.

Athena writes a `.txt` with tabs between columns for DDL, SHOW, DESCRIBE and EXPLAIN, and a
`-manifest.csv` that lists the files, one a line, where rows went to a Hive table or by UNLOAD.
"""

from collections.abc import Sequence

from local_athena.engine.answer import Kind, TextAnswer
from local_athena.engine.contract import result_uri
from local_athena.engine.job import Job
from local_athena.storage.rows import RowsWriter


def write_location(job: Job, kind: Kind) -> str:
    """The OutputLocation of a writing statement; no object lies there."""
    request = job.request
    return result_uri(request.output_location, request.query_id, kind.statement, kind.substatement)


def text_location(job: Job) -> str:
    """Where the lines of a text answer go."""
    return f"{job.request.output_location}{job.request.query_id}.txt"


def write_text(job: Job, answer: TextAnswer) -> str:
    """Write a text answer's object and its rows file; returns the object's uri."""
    uri = text_location(job)
    lines = ["\t".join(value or "" for value in row) for row in answer.rows]
    with job.store.new_file(uri, durable=False) as path:
        path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    with RowsWriter(job.settings.results, job.request.query_id) as writer:
        writer.write(answer.rows)
    return uri


def write_manifest(job: Job, location: str, files: Sequence[str]) -> str:
    """Write the list of data files beside the result's location; returns the manifest's uri."""
    uri = f"{location}-manifest.csv"
    with job.store.new_file(uri, durable=False) as path:
        path.write_text("".join(file + "\n" for file in files), encoding="utf-8")
    return uri
