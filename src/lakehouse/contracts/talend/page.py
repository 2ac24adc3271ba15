"""The specification of a Talend job as a page for people: the same data, nothing added."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def render_page(specification: Mapping[str, Any]) -> str:
    """The page of one job, Markdown."""
    contract = specification["contract"]
    sections = [
        f"# {specification['job']}",
        (
            f"{specification['description']} One row of raw: {specification['grain']}. "
            f"Owner: {specification['owner']}."
        ),
        (
            f"Contract `{contract['file']}`, version {contract['version']}, SHA-256 "
            f"`{contract['sha256']}`. The same for programs: [job.yml](job.yml). How jobs are "
            "exported, deployed and run: [talend](../README.md)."
        ),
        *_input(specification["input"]),
        "## Before the rules",
        _numbered(specification["preparation"]),
        "## Mapping",
        _table(
            ("source", "column", "type", "Talend", "Parquet", "null", "notes"),
            [
                (
                    _code(each["source"]) if each["source"] else "",
                    _code(each["column"]),
                    each["type"],
                    each["talend_type"],
                    each["parquet_type"],
                    "no" if each["required"] else "yes",
                    _notes(each),
                )
                for each in specification["mapping"]
            ],
        ),
        *_lookups(specification["lookups"]),
        "Filled by the job itself, after them and in this order:",
        _columns(specification["technical_columns"]),
        "## Conversions",
        _table(
            ("type", "how a text is read"),
            [(_code(name), text) for name, text in specification["conversions"].items()],
        ),
        "## Rules of the door",
        (
            "In this order. A row is refused once: under the first rule that it breaks, and under "
            "the first column, in the order of the mapping, that breaks it. A null breaks only "
            "`required`."
        ),
        _table(
            ("", "rule", "what breaks it", "columns"),
            [
                (str(number), _code(each["rule"]), each["meaning"], _asked(each["asks"]))
                for number, each in enumerate(specification["door"], 1)
            ],
        ),
        *_warnings(specification["warnings"]),
        *_rejects(specification["rejects"]),
        "## Context parameters",
        "Contexts: "
        + ", ".join(
            f"`{context}` writes the lake `{stage}`"
            for context, stage in specification["contexts"].items()
        )
        + ". A dash is a value that each run, or the engine, must give.",
        _table(
            ("parameter", "type", *specification["contexts"], "what it is"),
            [
                (
                    _code(each["name"]),
                    each["type"],
                    *_defaults(list(each["defaults"].values())),
                    each["description"],
                )
                for each in specification["context_parameters"]
            ],
        ),
        "## Objects",
        "Buckets: "
        + ", ".join(f"{zone} `{name}`" for zone, name in specification["buckets"].items())
        + ". `{date}` is the business date. In this order, and no other:",
        _table(
            ("", "step", "zone", "object", "what"),
            [
                (str(number), each["step"], each["zone"], _code(each["object"]), each["what"])
                for number, each in enumerate(specification["protocol"], 1)
            ],
        ),
        (
            "The manifest is JSON, UTF-8, and fits [its schema](../manifest.schema.json). What "
            "it says of every run of this job:"
        ),
        _table(
            ("member", "value"),
            [
                (_code(name), _code(str(value)))
                for name, value in specification["manifest"]["values"].items()
            ],
        ),
        "The row that `batches` gets:",
        _columns(specification["batches"]),
        *_statistics(specification["statistics"]),
        "## Exit statuses",
        _table(
            ("status", "again", "when"),
            [
                (str(each["code"]), "yes" if each["retry"] else "no", each["meaning"])
                for each in specification["exit_codes"]
            ],
        ),
        *_acceptance(specification["acceptance"]),
    ]
    return "\n\n".join(sections) + "\n"


def _input(source: Mapping[str, Any]) -> list[str]:
    rows = [
        ("source system", source["system"]),
        ("components", source["components"]),
        ("loading", source["loading"]),
        ("key", ", ".join(map(_code, source["key"])) or "none"),
        ("every", source["every"]),
        *((name.replace("_", " "), _value(value)) for name, value in source["extraction"].items()),
        *(
            (f"format: {name.replace('_', ' ')}", _value(value))
            for name, value in source["format"].items()
        ),
    ]
    return ["## Input", _table(("what", "value"), rows)]


def _lookups(lookups: Sequence[Mapping[str, Any]]) -> list[str]:
    if not lookups:
        return []
    return [
        (
            "Columns without a source are looked up in reference lists (tMap, left outer join, "
            "unique match, keys in upper case), after the conversions; a key that is not there "
            "gives null. The manifest has the SHA-256 of each list (`lookups`):"
        ),
        _table(
            ("list", "file", "SHA-256"),
            [(_code(each["list"]), each["file"], _code(each["sha256"])) for each in lookups],
        ),
    ]


def _warnings(warnings: Sequence[Mapping[str, Any]]) -> list[str]:
    if not warnings:
        return []
    return [
        (
            "Rules that refuse nothing. Rows that entered against one are counted under its name "
            "in the manifest (`warned_by_rule`):"
        ),
        _table(
            ("name", "column", "rule", "limit"),
            [
                (_code(each["name"]), _code(each["column"]), each["rule"], _value(each["limit"]))
                for each in warnings
            ],
        ),
    ]


def _rejects(rejects: Mapping[str, Any]) -> list[str]:
    hold = rejects["hold"]
    sentence = (
        f"The batch is held (manifest with `state` held and its `reason`, rejects, no data, no "
        f"`_SUCCESS`, status 6) when more than {hold['allowance']} rows and more than "
        f"{hold['share']:.0%} of the rows read are refused"
    )
    if hold["empty_snapshot"]:
        sentence += ", or when a snapshot has no valid row"
    return ["## Refused rows", f"{sentence}.", _columns(rejects["columns"])]


def _statistics(statistics: Mapping[str, Any]) -> list[str]:
    meters = ", ".join(f"`{label}`" for label in statistics["meters"])
    return [
        "## Statistics and logs",
        (
            f"Files in `{statistics['folder']}`, appended to, UTF-8, no header, fields parted by "
            f"`{statistics['separator']}`, moments as yyyy-MM-dd HH:mm:ss. labels of tFlowMeter: "
            f"{meters}."
        ),
        _table(
            ("catcher", "file", "columns"),
            [
                (
                    each["component"],
                    _code(each["file"]),
                    ", ".join(f"{column['name']} {column['type']}" for column in each["columns"]),
                )
                for each in statistics["catchers"]
            ],
        ),
    ]


def _acceptance(acceptance: Mapping[str, Any]) -> list[str]:
    return [
        "## Acceptance",
        (
            f"A run counts when `{acceptance['manifest']}` in the raw bucket of the context's lake "
            "is that of the feed, the business date and the run "
            f"`{acceptance['run_id']}`, its state is published, `_SUCCESS` holds its "
            "SHA-256, and this finds nothing wrong:"
        ),
        f"```\n{acceptance['command']}\n```",
    ]


def _notes(column: Mapping[str, Any]) -> str:
    notes = []
    if column["key_position"] is not None:
        notes.append(f"key {column['key_position']}")
    if column["is_watermark"]:
        notes.append("watermark")
    if column["pad_with_zeros_to"] is not None:
        notes.append(f"leading zeros to {column['pad_with_zeros_to']}")
    if column["lookup"] is not None:
        asked = column["lookup"]
        notes.append(f"`{asked['take']}` of `{asked['list']}` by `{asked['key']}`")
    if column["unit"] is not None:
        notes.append(f"unit {column['unit']}")
    if column["personal_data"]:
        notes.append(f"personal data: {', '.join(column['personal_data'])}")
    return "; ".join([*notes, column["description"]])


def _asked(asks: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(
        _code(each["column"]) + ("" if each["limit"] is None else f" {_value(each['limit'])}")
        for each in asks
    )


def _columns(columns: Iterable[Mapping[str, Any]]) -> str:
    return _table(
        ("column", "type", "Talend", "Parquet", "null", "what it is"),
        [
            (
                _code(each["column"]),
                each["type"],
                each["talend_type"],
                each["parquet_type"],
                "no" if each["required"] else "yes",
                each["description"],
            )
            for each in columns
        ],
    )


def _defaults(values: Sequence[Any]) -> list[str]:
    """One cell a context; a long text is shown once where it is the same in all."""
    if len(set(values)) == 1 and len(str(values[0])) > 40:
        return [_default(values[0]), *["the same"] * (len(values) - 1)]
    return [_default(value) for value in values]


def _default(value: Any) -> str:
    if value is None:
        return "–"
    return "empty" if value == "" else _value(value)


def _value(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_code(str(each)) for each in value) or "none"
    if isinstance(value, str) and (" " in value and len(value) > 1):
        return value
    return _code(str(value).lower() if isinstance(value, bool) else str(value))


def _code(text: str) -> str:
    return f"`{text}`" if text else "none"


def _numbered(lines: Iterable[str]) -> str:
    return "\n".join(f"{number}. {line}" for number, line in enumerate(lines, 1))


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(cell.replace("|", r"\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines)
