"""Read contracts from `contracts/*.odcs.yaml` into frozen data, or say what is wrong and where.

Every value the platform uses is checked here, always. `check_standard` compares a file with
the published JSON schema of ODCS v3.1.0 as well; it is slower and runs in checks only.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from importlib import resources
from pathlib import Path
from typing import Any, cast, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from lakehouse.contracts._fields import Node
from lakehouse.contracts._yaml import YamlError, parse_yaml
from lakehouse.contracts.columns import NAME, build_columns
from lakehouse.contracts.model import (
    MOST_PAGES,
    Column,
    Contract,
    Format,
    FormatName,
    Frequency,
    FrequencyUnit,
    Loading,
    LoadingMode,
    Source,
    SourceKind,
)
from lakehouse.contracts.requirements import find_gaps
from lakehouse.errors import ContractError

SUFFIX = ".odcs.yaml"
_LONGEST_DAYS = 36_525
# How landing stages the rows of systems that also come as files; one reader reads both.
_WRITTEN_AS: Mapping[str, FormatName] = {"mysql": "csv", "kafka": "json_lines"}
_PROMISES = {
    "frequency": "value: 1, unit: d",
    "latency": "value: 26, unit: h",
    "maximumLatency": "value: 26, unit: h",
}


def load_contracts(folder: Path) -> dict[str, Contract]:
    """Read every contract of a folder, by feed name, and require that nothing is missing.

    Raises:
        ContractError: naming the file, the place in it and what to do.
    """
    contracts = read_contracts(folder)
    for gap in find_gaps(contracts):
        raise gap
    return contracts


def feed_names(folder: Path) -> list[str]:
    """The feeds that have a contract, by name, without reading one."""
    return sorted(path.name.removesuffix(SUFFIX) for path in folder.glob(f"*{SUFFIX}"))


def read_contracts(folder: Path) -> dict[str, Contract]:
    """Read every contract of a folder as it is: one of before may say less than is required now.

    Raises:
        ContractError: a file is malformed.
    """
    paths = sorted(folder.glob(f"*{SUFFIX}"))
    if not paths:
        raise ContractError(str(folder), "", f"no *{SUFFIX} file", "is this the right folder?")
    return {contract.feed: contract for contract in map(load_contract, paths)}


def load_contract(path: Path) -> Contract:
    """Read one contract as it is; raises ContractError as `read_contracts` does."""
    document, digest = _read_document(path)
    return _build_contract(Node(document, path.name, ""), path, digest)


def check_standard(path: Path) -> list[str]:
    """Return the ways a file departs from the JSON schema of ODCS v3.1.0, sorted."""
    import jsonschema  # heavy, and only checks need it

    schema_file = resources.files("lakehouse.contracts") / "odcs" / "v3.1.0.schema.json"
    validator = jsonschema.Draft201909Validator(json.loads(schema_file.read_text("utf-8")))
    document, _ = _read_document(path)
    return sorted(
        f"{path.name}: {error.json_path}: {error.message[:300]}"
        for error in validator.iter_errors(document)
    )


def _read_document(path: Path) -> tuple[Mapping[str, Any], str]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ContractError(
            path.name, "", f"cannot be read: {error.strerror}", "see path"
        ) from error
    try:
        document = parse_yaml(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise ContractError(path.name, "", "is not UTF-8", "save it as UTF-8") from error
    except YamlError as error:
        line = f"line {error.line}" if error.line else ""
        raise ContractError(path.name, line, f"is not YAML: {error}", "fix the syntax") from error
    if not isinstance(document, dict):
        raise ContractError(path.name, "", "is not a mapping", "start with apiVersion: v3.1.0")
    return document, hashlib.sha256(content).hexdigest()


def _build_contract(root: Node, path: Path, digest: str) -> Contract:
    file = path.name
    root.child("apiVersion").choice("v3.1.0")
    root.child("kind").choice("DataContract")
    feed_node = root.child("name")
    feed = feed_node.text()
    if not NAME.fullmatch(feed):
        raise feed_node.error("is not a table name", "lower-case letters, digits and underscores")
    if file.removesuffix(SUFFIX) != feed:
        raise feed_node.error(
            f"is {feed!r} in a file called {file}", "name the file after the feed"
        )
    schemas = root.child("schema").items()
    if len(schemas) != 1:
        raise root.child("schema").error(f"has {len(schemas)} tables", "one contract, one table")
    table = schemas[0]
    table.child("physicalName").choice(feed)
    if quality := table.optional("quality"):
        raise quality.error("stands at the table", "the door holds rules of columns alone")
    if composite := table.optional("relationships"):
        raise composite.error("stand at the table", "write each at its column")
    columns = build_columns(table, path.parent)
    custom = root.custom_properties()
    promises = _service_levels(root)
    form = _build_format(_required_custom(custom, "format", root))
    contract = Contract(
        feed=feed,
        version=root.child("version").text(),
        file=file,
        sha256=digest,
        description=table.child("description").text(),
        purpose=root.child("description").child("purpose").text(),
        usage=root.child("description").child("usage").text(),
        limitations=root.child("description").child("limitations").text(),
        grain=table.child("dataGranularityDescription").text(),
        owner=_owner(root),
        team=root.child("team").child("name").text(),
        columns=columns,
        source=_build_source(_required_custom(custom, "source", root), form, columns),
        format=form,
        loading=_build_loading(_required_custom(custom, "loading", root), columns),
        frequency=_build_frequency(promises["frequency"]),
        warn_after_hours=promises["latency"].child("value").integer(minimum=1),
        error_after_hours=promises["maximumLatency"].child("value").integer(minimum=1),
        retention_days=(
            promises["retention"].child("value").integer(minimum=1, maximum=_LONGEST_DAYS)
            if "retention" in promises
            else None
        ),
    )
    if not contract.key and contract.loading.mode != "full":
        raise table.child("properties").error(
            "has no primaryKey", "mark the key columns; only a full list can do without"
        )
    return contract


def _owner(root: Node) -> str:
    for member in root.child("team").child("members").items():
        if member.child("role").text() == "owner":
            return member.child("username").text()
    raise root.child("team").child("members").error("has no owner", "add a member with role: owner")


def _service_levels(root: Node) -> dict[str, Node]:
    node = root.child("slaProperties")
    found: dict[str, Node] = {}
    for item in node.items():
        name = item.child("property").text()
        if name in ("latency", "maximumLatency"):
            item.child("unit").choice("h")
        if name == "retention":
            item.child("unit").choice("d")
        if name in found:
            raise node.error(f"has {name!r} twice", "keep one")
        found[name] = item
    for name, example in _PROMISES.items():
        if name not in found:
            raise node.error(f"lacks {name}", f"add {{property: {name}, {example}}}")
    return found


def _build_frequency(node: Node) -> Frequency:
    unit = cast("FrequencyUnit", node.child("unit").choice(*get_args(FrequencyUnit)))
    return Frequency(node.child("value").integer(minimum=1), unit)


def _required_custom(custom: Mapping[str, Node], name: str, root: Node) -> Node:
    if name not in custom:
        raise root.child("customProperties").error(
            f"lacks {name}", f"add {{property: {name}, value: …}}"
        )
    return custom[name].named(name)


def _build_source(node: Node, form: Format, columns: tuple[Column, ...]) -> Source:
    kind_node = node.child("kind")
    kind = cast("SourceKind", kind_node.choice(*get_args(SourceKind)))
    rest, kafka = kind == "rest", kind == "kafka"
    wanted = _WRITTEN_AS.get(kind)
    if wanted is not None and (form.name, form.encoding.lower(), form.decimal) != (
        wanted,
        "utf-8",
        ".",
    ):
        raise kind_node.error(
            f"is {kind!r} in a format of another form",
            f"its rows are staged as {wanted}, utf-8, with decimal '.': say so in format",
        )
    folder, pattern = _build_drop(node, kind)
    return Source(
        system=node.child("system").text(),
        kind=kind,
        object=node.child("object").text(),
        folder=folder,
        pattern=pattern,
        cursor=node.child("cursor").text() if rest else "",
        records=node.child("records").text() if rest else "",
        page_size=node.child("pageSize").integer(minimum=1) if rest else 0,
        text_columns=_build_text_columns(node, columns) if kind in ("postgresql", "mysql") else (),
        partition_column=_build_place(node, "partitionColumn", columns) if kafka else "",
        offset_column=_build_place(node, "offsetColumn", columns) if kafka else "",
        most_pages=_build_most_pages(node) if rest else 0,
    )


def _build_most_pages(node: Node) -> int:
    found = node.optional("mostPages")
    return MOST_PAGES if found is None else found.integer(minimum=1, maximum=99_999)


def _build_drop(node: Node, kind: SourceKind) -> tuple[str, str]:
    """Folder and pattern of the files: those of a drop, or those that stand in for a system."""
    if kind == "drop":
        return node.child("object").text(), node.child("pattern").text()
    files = node.optional("files")
    if files is None:
        return "", ""
    if kind not in _WRITTEN_AS:
        raise files.error(f"stand beside the kind {kind!r}", f"of {', '.join(_WRITTEN_AS)} alone")
    return files.child("folder").text(), files.child("pattern").text()


def _build_place(node: Node, key: str, columns: tuple[Column, ...]) -> str:
    """The column that takes a part of a record's place in its topic."""
    name = node.child(key).text()
    if not any(each.name == name and each.type.family in ("integer", "bigint") for each in columns):
        raise node.child(key).error(f"is {name!r}", "name an integer column of this contract")
    return name


def _build_text_columns(node: Node, columns: tuple[Column, ...]) -> tuple[str, ...]:
    names = tuple(node.texts("textColumns"))
    known = {column.name for column in columns}
    for name in names:
        if name not in known:
            raise node.child("textColumns").error(f"has {name!r}", "name columns of this contract")
    return names


def _build_format(node: Node) -> Format:
    name = cast("FormatName", node.child("format").choice(*get_args(FormatName)))
    encoding = node.child("encoding")
    try:
        "".encode(encoding.text())  # refuses codecs that are none of text, such as hex
    except LookupError as error:
        raise encoding.error(f"is {encoding.text()!r}", "an encoding such as utf-8") from error
    zone = node.child("timeZone")
    try:
        ZoneInfo(zone.text())
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise zone.error(f"is {zone.text()!r}", "a zone such as America/Sao_Paulo") from error
    is_csv = name == "csv"
    return Format(
        name=name,
        encoding=encoding.text(),
        delimiter=node.child("delimiter").text(length=1) if is_csv else "",
        quote=node.child("quote").text(length=1) if is_csv else "",
        decimal=node.child("decimal").choice(".", ","),
        time_zone=zone.text(),
        null_tokens=tuple(node.texts("nullTokens")),
    )


def _build_loading(node: Node, columns: tuple[Column, ...]) -> Loading:
    mode = cast("LoadingMode", node.child("mode").choice(*get_args(LoadingMode)))
    watermark_node = node.child("watermark") if mode == "incremental" else None
    watermark = watermark_node.text() if watermark_node else None
    if watermark_node and not any(
        column.name == watermark and column.type.family == "timestamp" and column.required
        for column in columns
    ):
        raise watermark_node.error(f"is {watermark!r}", "the name of a required timestamp column")
    threshold = node.child("rejectThreshold")
    share = threshold.decimal()
    if not Decimal(0) <= share <= Decimal(1):
        raise threshold.error(f"is {share}", "a share from 0 to 1")
    return Loading(
        mode=mode,
        watermark=watermark,
        reject_threshold=float(share),
        reject_allowance=node.child("rejectAllowance").integer(minimum=0),
    )
