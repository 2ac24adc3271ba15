"""Runs statements by Spark with the Iceberg runtime; started by Spark's own Python.

    python spark_job.py URL JARS < statements.json > rows.json

The statements are a list of texts; the answer is a list of lists of rows, every value as Spark's
text of it. The catalog `lake` is Glue at URL, its files lie in S3 there.
"""

import json
import os
import sys

from pyspark.sql import SparkSession


def session(url: str, jars: str) -> SparkSession:
    """Spark on two threads of this machine."""
    catalog = "spark.sql.catalog.lake"
    settings = {
        "spark.jars": jars,
        "spark.ui.enabled": "false",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.memory": "1g",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.extensions": (
            "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions"
        ),
        catalog: "org.apache.iceberg.spark.SparkCatalog",
        f"{catalog}.catalog-impl": "org.apache.iceberg.aws.glue.GlueCatalog",
        f"{catalog}.io-impl": "org.apache.iceberg.aws.s3.S3FileIO",
        f"{catalog}.warehouse": "s3://interop/spark",
        f"{catalog}.glue.endpoint": url,
        f"{catalog}.s3.endpoint": url,
        f"{catalog}.s3.path-style-access": "true",
        f"{catalog}.client.region": "us-east-1",
    }
    builder = SparkSession.builder.master("local[2]").appName("interop")
    for name, value in settings.items():
        builder = builder.config(name, value)
    found = builder.getOrCreate()
    found.sparkContext.setLogLevel("ERROR")
    return found


def text(value: object) -> str | None:
    """A value as the endpoint writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)


def main() -> None:
    """Run what stands in the standard input."""
    url, jars = sys.argv[1:]
    answers = sys.stdout.fileno()
    out = os.fdopen(os.dup(answers), "w")
    os.dup2(sys.stderr.fileno(), answers)  # Spark writes there, too
    spark = session(url, jars)
    found = []
    for statement in json.load(sys.stdin):
        rows = spark.sql(statement).collect()
        found.append([[text(value) for value in row] for row in rows])
    json.dump(found, out)
    out.close()
    spark.stop()


if __name__ == "__main__":
    main()
