"""The Spark job `spark/history_rebuild.py` as Airflow submits it to EMR Serverless.

The code lies in S3 under LAKEHOUSE_SPARK_CODE: the script, `project.tar.gz` (contracts/ and infra/)
and `environment.tar.gz`, a packed environment with this package; see its runbook.
"""

from __future__ import annotations

import os
from typing import Any

from lakehouse.errors import ConfigError

APPLICATION, ROLE, CODE = (
    "LAKEHOUSE_EMR_APPLICATION",
    "LAKEHOUSE_EMR_ROLE",
    "LAKEHOUSE_SPARK_CODE",
)
_PASSED_ON = ("LAKEHOUSE_ENV", "LAKEHOUSE_BUCKET_PREFIX", "AWS_REGION")
_CATALOG = "spark.sql.catalog.lake"
_SETTINGS = {
    "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
    _CATALOG: "org.apache.iceberg.spark.SparkCatalog",
    f"{_CATALOG}.catalog-impl": "org.apache.iceberg.aws.glue.GlueCatalog",
    f"{_CATALOG}.io-impl": "org.apache.iceberg.aws.s3.S3FileIO",
    "spark.sql.session.timeZone": "UTC",
}


def setting_of(variable: str) -> str:
    """A setting of the job, for templates.

    Raises:
        ConfigError: the variable is not set.
    """
    value = os.environ.get(variable)
    if not value:
        raise ConfigError(
            f"{variable} is not set: history_rebuild needs it to submit its job "
            "(docs/en/runbooks/history_rebuild.md)",
            variable=variable,
        )
    return value


def spark_settings() -> dict[str, str]:
    """What the job needs of Spark wherever it runs; the bucket is a template."""
    warehouse = "s3://{{ bucket('ops') }}/history_rebuilds"
    return {**_SETTINGS, f"{_CATALOG}.warehouse": warehouse}


def emr_settings() -> dict[str, str]:
    """What it needs besides on EMR Serverless: Iceberg, the packed code, and the environment."""
    code = f"{{{{ setting('{CODE}') }}}}"
    python = "./environment/bin/python"
    settings = {
        "spark.jars": "/usr/share/aws/iceberg/lib/iceberg-spark3-runtime.jar",
        "spark.archives": f"{code}/environment.tar.gz#environment,{code}/project.tar.gz#project",
        "spark.emr-serverless.driverEnv.PYSPARK_DRIVER_PYTHON": python,
        "spark.emr-serverless.driverEnv.PYSPARK_PYTHON": python,
        "spark.executorEnv.PYSPARK_PYTHON": python,
    }
    passed = {name: f"{{{{ setting('{name}') }}}}" for name in _PASSED_ON}
    for name, value in {**passed, "LAKEHOUSE_PROJECT_DIR": "./project"}.items():
        settings[f"spark.emr-serverless.driverEnv.{name}"] = value
        settings[f"spark.executorEnv.{name}"] = value
    return settings


def job_driver() -> dict[str, Any]:
    """The driver of the job as EMR Serverless takes it, a template of Airflow's."""
    settings = {**spark_settings(), **emr_settings()}
    return {
        "sparkSubmit": {
            "entryPoint": f"{{{{ setting('{CODE}') }}}}/history_rebuild.py",
            "entryPointArguments": [
                *("--feed", "{{ params.feed }}"),
                *("--from", "{{ params.first_day }}"),
                *("--to", "{{ params.last_day }}"),
                *("--outcomes", "lake.{{ database('ops') }}.history_rebuilds"),
            ],
            "sparkSubmitParameters": " ".join(
                f"--conf {name}={value}" for name, value in settings.items()
            ),
        }
    }
