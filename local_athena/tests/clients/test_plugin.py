"""The pytest plugin as a project that installed the package sees it: a run of its own."""

import pytest

pytest_plugins = ["pytester"]

TESTS = """
    import os

    import boto3
    import pytest

    SEEN = []

    @pytest.mark.parametrize("value", [1, 2])
    def test_clean(athena_database, value):
        SEEN.append(athena_database)
        glue = boto3.client("glue")
        names = {found["Name"] for found in glue.get_databases()["DatabaseList"]}
        assert {found.name for found in SEEN} & names == {athena_database.name}
        buckets = {found["Name"] for found in boto3.client("s3").list_buckets()["Buckets"]}
        assert {found.bucket for found in SEEN} & buckets == {athena_database.bucket}
        assert athena_database.run("show tables") == []
        athena_database.run(f"create table t with (format = 'PARQUET') as select {value} as a")
        assert athena_database.run("select a, true as b from t") == [{"a": value, "b": True}]

    def test_without_it__nothing_points_there(monkeypatch):
        assert os.environ["AWS_PROFILE"] == "my-company"
        assert "AWS_ENDPOINT_URL" not in os.environ
"""


def test_plugin__database_of_a_test__is_clean_and_goes(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ENDPOINT_URL", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_PROFILE", "my-company")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1/")
    pytester.makepyfile(TESTS)
    result = pytester.runpytest_subprocess("-q", "-p", "no:cacheprovider")
    result.assert_outcomes(passed=3)
