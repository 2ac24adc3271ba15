"""Trino's configuration files: one node, on loopback, attached to this endpoint's Glue and S3.

Athena shows Hive and Iceberg tables in one catalog. Trino has a connector for each: the catalog
`awsdatacatalog` is the Hive connector, which hands Iceberg tables over to the catalog `iceberg`
(Trino's table redirection).
"""

from dataclasses import dataclass
from pathlib import Path

HIVE, ICEBERG = "awsdatacatalog", "iceberg"
"""The two catalogs."""
MOST_PARTITIONS = 100
"""Partitions that one write may open (Athena user guide, "Service quotas", read 2026-11)."""

Properties = dict[str, str]


@dataclass(frozen=True, slots=True)
class Facts:
    """What differs from one server to the next. `endpoint` is the url of Glue and S3."""

    port: int
    endpoint: str
    region: str
    plugins: Path
    data: Path
    query_memory: str


def write_configuration(folder: Path, facts: Facts) -> None:
    """Write `config.properties`, `log.properties` and the catalogs into a folder."""
    files: dict[str, Properties] = {
        "config.properties": _node(facts),
        "log.properties": {"io.trino": "WARN"},
        f"catalog/{HIVE}.properties": {**_hive(facts), **_storage(facts)},
        f"catalog/{ICEBERG}.properties": {**_iceberg(facts), **_storage(facts)},
    }
    for name, properties in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            "".join(f"{key}={value}\n" for key, value in properties.items()), encoding="utf-8"
        )


def _node(facts: Facts) -> Properties:
    return {
        "coordinator": "true",
        "node-scheduler.include-coordinator": "true",
        "node.environment": "local",
        "node.bind-ip": "127.0.0.1",
        "node.internal-address": "127.0.0.1",
        "http-server.http.port": str(facts.port),
        "http-server.log.enabled": "false",
        "http-server.max-request-header-size": "1MB",
        "http-server.max-response-header-size": "1MB",
        "discovery.uri": f"http://127.0.0.1:{facts.port}",
        "catalog.config-dir": str(facts.data / "etc" / "catalog"),
        "plugin.dir": str(facts.plugins),
        "query.max-memory": facts.query_memory,
        "query.max-memory-per-node": facts.query_memory,
        "query.max-history": "20",
        "query.min-expire-age": "10s",
        "query.client.timeout": "2m",
        "task.min-writer-count": "1",
        "task.max-writer-count": "1",
        "web-ui.enabled": "false",
    }


def _storage(facts: Facts) -> Properties:
    return {
        "fs.native-s3.enabled": "true",
        "s3.endpoint": facts.endpoint,
        "s3.region": facts.region,
        "s3.aws-access-key": "local-athena",
        "s3.aws-secret-key": "local-athena",
        "s3.path-style-access": "true",
        "hive.metastore.glue.endpoint-url": facts.endpoint,
        "hive.metastore.glue.region": facts.region,
        "hive.metastore.glue.aws-access-key": "local-athena",
        "hive.metastore.glue.aws-secret-key": "local-athena",
    }


def _hive(facts: Facts) -> Properties:
    return {
        "connector.name": "hive",
        "hive.metastore": "glue",
        "hive.iceberg-catalog-name": ICEBERG,
        "hive.metastore-cache-ttl": "0s",
        "hive.metastore-stats-cache-ttl": "0s",
        "hive.non-managed-table-writes-enabled": "true",
        "hive.non-managed-table-creates-enabled": "true",
        "hive.recursive-directories": "true",
        "hive.ignore-absent-partitions": "true",
        "hive.partition-projection-enabled": "true",
        "hive.max-partitions-per-writers": str(MOST_PARTITIONS),
        "hive.collect-column-statistics-on-write": "false",
        "hive.table-statistics-enabled": "false",
        "hive.compression-codec": "GZIP",
        "hive.parquet.time-zone": "UTC",
        "hive.orc.time-zone": "UTC",
    }


def _iceberg(facts: Facts) -> Properties:
    return {
        "connector.name": "iceberg",
        "iceberg.catalog.type": "glue",
        "iceberg.hive-catalog-name": HIVE,
        "iceberg.file-format": "PARQUET",
        "iceberg.compression-codec": "ZSTD",
        "iceberg.max-partitions-per-writer": str(MOST_PARTITIONS),
        "iceberg.unique-table-location": "false",
        "iceberg.allowed-extra-properties": "*",
        "iceberg.extended-statistics.enabled": "false",
        "iceberg.metadata-cache.enabled": "true",
    }
