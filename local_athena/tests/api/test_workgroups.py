"""Workgroups, their limits and tags, engine versions."""

from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from local_athena.api.workgroups import Workgroups
from local_athena.storage.database import Database

OUT = {"OutputLocation": "s3://results/out/"}


def refusal(call: Any, **options: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**options)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def run(athena: Any, sql: str, **options: Any) -> dict[str, Any]:
    query_id = athena.start_query_execution(QueryString=sql, **options)["QueryExecutionId"]
    while True:
        execution: dict[str, Any] = athena.get_query_execution(QueryExecutionId=query_id)[
            "QueryExecution"
        ]
        if execution["Status"]["State"] not in ("QUEUED", "RUNNING"):
            return execution


def test_primary__from_the_start__is_there_and_not_enforced(athena: Any) -> None:
    found = athena.get_work_group(WorkGroup="primary")["WorkGroup"]
    assert (found["Name"], found["State"]) == ("primary", "ENABLED")
    assert found["Configuration"]["EnforceWorkGroupConfiguration"] is False
    version = found["Configuration"]["EngineVersion"]["EffectiveEngineVersion"]
    assert version == "Athena engine version 3"
    assert refusal(athena.delete_work_group, WorkGroup="primary")[0] == "InvalidRequestException"


def test_enforced_location__of_the_workgroup__wins(athena: Any) -> None:
    athena.create_work_group(
        Name="team", Configuration={"ResultConfiguration": {"OutputLocation": "s3://team/r"}}
    )
    execution = run(athena, "select 1", WorkGroup="team", ResultConfiguration=OUT)
    location = execution["ResultConfiguration"]["OutputLocation"]
    assert location == f"s3://team/r/{execution['QueryExecutionId']}.csv"
    athena.update_work_group(
        WorkGroup="team", ConfigurationUpdates={"EnforceWorkGroupConfiguration": False}
    )
    execution = run(athena, "select 1", WorkGroup="team", ResultConfiguration=OUT)
    assert execution["ResultConfiguration"]["OutputLocation"].startswith("s3://results/out/")
    execution = run(athena, "select 1", WorkGroup="team")
    assert execution["ResultConfiguration"]["OutputLocation"].startswith("s3://team/r/")


def test_update__remove_location__needs_one_again(athena: Any) -> None:
    athena.create_work_group(
        Name="team", Configuration={"ResultConfiguration": {"OutputLocation": "s3://team/r/"}}
    )
    athena.update_work_group(
        WorkGroup="team",
        Description="new",
        ConfigurationUpdates={"ResultConfigurationUpdates": {"RemoveOutputLocation": True}},
    )
    assert athena.get_work_group(WorkGroup="team")["WorkGroup"]["Description"] == "new"
    code, message = refusal(athena.start_query_execution, QueryString="select 1", WorkGroup="team")
    assert code == "InvalidRequestException"
    assert message.startswith("No output location provided.")


def test_disabled__workgroup__takes_no_query(athena: Any) -> None:
    athena.create_work_group(Name="off")
    athena.update_work_group(WorkGroup="off", State="DISABLED")
    assert refusal(
        athena.start_query_execution,
        QueryString="select 1",
        WorkGroup="off",
        ResultConfiguration=OUT,
    ) == ("InvalidRequestException", "WorkGroup off is disabled.")


def test_scan_limit__passed__fails_the_query(athena: Any) -> None:
    athena.create_work_group(
        Name="thrifty", Configuration={"BytesScannedCutoffPerQuery": 10_000_000,
                                       "ResultConfiguration": OUT}
    )  # fmt: skip
    assert run(athena, "scan 10000000", WorkGroup="thrifty")["Status"]["State"] == "SUCCEEDED"
    execution = run(athena, "scan 10000001", WorkGroup="thrifty")
    assert execution["Status"]["State"] == "FAILED"
    assert "Bytes scanned limit was exceeded" in execution["Status"]["StateChangeReason"]
    athena.update_work_group(
        WorkGroup="thrifty", ConfigurationUpdates={"RemoveBytesScannedCutoffPerQuery": True}
    )
    assert run(athena, "scan 10000001", WorkGroup="thrifty")["Status"]["State"] == "SUCCEEDED"


def test_managed_results__workgroup__hides_the_location(athena: Any) -> None:
    athena.create_work_group(
        Name="managed", Configuration={"ManagedQueryResultsConfiguration": {"Enabled": True}}
    )
    execution = run(athena, "select 2", WorkGroup="managed")
    assert execution["Status"]["State"] == "SUCCEEDED"
    assert "ResultConfiguration" not in execution
    page = athena.get_query_results(QueryExecutionId=execution["QueryExecutionId"])
    assert len(page["ResultSet"]["Rows"]) == 3


def test_delete__with_contents__needs_recursion(athena: Any) -> None:
    athena.create_work_group(Name="w", Configuration={"ResultConfiguration": OUT})
    query = run(athena, "select 1", WorkGroup="w")["QueryExecutionId"]
    athena.create_prepared_statement(StatementName="pp", WorkGroup="w", QueryStatement="select ?")
    assert "not empty" in refusal(athena.delete_work_group, WorkGroup="w")[1]
    athena.delete_work_group(WorkGroup="w", RecursiveDeleteOption=True)
    assert refusal(athena.get_work_group, WorkGroup="w")[0] == "InvalidRequestException"
    assert refusal(athena.get_query_execution, QueryExecutionId=query)[1].endswith("not found")


def test_create__name_taken__is_refused(athena: Any) -> None:
    athena.create_work_group(Name="w")
    assert refusal(athena.create_work_group, Name="w") == (
        "InvalidRequestException",
        "WorkGroup is already created",
    )


def test_list__pages__have_all_names(athena: Any) -> None:
    for name in "abc":
        athena.create_work_group(Name=name)
    first = athena.list_work_groups(MaxResults=3)
    rest = athena.list_work_groups(NextToken=first["NextToken"])
    names = [group["Name"] for page in (first, rest) for group in page["WorkGroups"]]
    assert names == ["a", "b", "c", "primary"]


def test_tags__of_a_workgroup__can_be_changed(athena: Any) -> None:
    athena.create_work_group(Name="w", Tags=[{"Key": "team", "Value": "data"}])
    arn = "arn:aws:athena:us-east-1:123456789012:workgroup/w"
    athena.tag_resource(ResourceARN=arn, Tags=[{"Key": "cost", "Value": "7"}])
    athena.untag_resource(ResourceARN=arn, TagKeys=["team"])
    assert athena.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "cost", "Value": "7"}]
    assert refusal(athena.list_tags_for_resource, ResourceARN=arn + "x")[0] == (
        "ResourceNotFoundException"
    )


@pytest.mark.parametrize("version", ["PySpark engine version 3", "Athena engine version 2", "x"])
def test_engine_version__that_is_not_here__is_refused(athena: Any, version: str) -> None:
    given = {"EngineVersion": {"SelectedEngineVersion": version}}
    create, update = athena.create_work_group, athena.update_work_group
    assert version in refusal(create, Name="w", Configuration=given)[1]
    assert version in refusal(update, WorkGroup="primary", ConfigurationUpdates=given)[1]


def test_engine_version__selected__is_told_back(athena: Any) -> None:
    three = "Athena engine version 3"
    chosen = {"EngineVersion": {"SelectedEngineVersion": three}}
    athena.create_work_group(Name="w", Configuration=chosen)
    athena.update_work_group(WorkGroup="w", Description="no word of the engine")
    found = athena.get_work_group(WorkGroup="w")["WorkGroup"]["Configuration"]["EngineVersion"]
    assert found == {"SelectedEngineVersion": three, "EffectiveEngineVersion": three}


@pytest.mark.parametrize(
    ("encryption", "why"),
    [
        ({"EncryptionOption": "SSE_KMS"}, "SSE_KMS needs a KmsKey"),
        ({"EncryptionOption": "CSE_KMS"}, "CSE_KMS needs a KmsKey"),
        ({"EncryptionOption": "CSE_KMS", "KmsKey": "k"}, "does not support CSE_KMS"),
    ],
)
def test_encryption__that_cannot_be_had__is_refused(
    athena: Any, encryption: dict[str, str], why: str
) -> None:
    given = {**OUT, "EncryptionConfiguration": encryption}
    configuration = {"ResultConfiguration": given}
    assert why in refusal(athena.create_work_group, Name="w", Configuration=configuration)[1]
    start = athena.start_query_execution
    assert why in refusal(start, QueryString="select 1", ResultConfiguration=given)[1]


def test_expected_bucket_owner__of_another_account__is_refused(athena: Any) -> None:
    start, given = athena.start_query_execution, {**OUT, "ExpectedBucketOwner": "1" * 12}
    why = refusal(start, QueryString="select 1", ResultConfiguration=given)[1]
    assert why.startswith("Unable to verify/create output bucket")
    given["ExpectedBucketOwner"] = "123456789012"
    assert run(athena, "select 1", ResultConfiguration=given)["Status"]["State"] == "SUCCEEDED"


def test_list_engine_versions__always__has_auto_and_three(athena: Any) -> None:
    found = athena.list_engine_versions()["EngineVersions"]
    assert [version["SelectedEngineVersion"] for version in found] == [
        "AUTO",
        "Athena engine version 3",
    ]


@pytest.mark.parametrize("enforced", [True, False])
def test_settings_for__enforcement__reaches_the_engine(tmp_path: Path, enforced: bool) -> None:
    workgroups = Workgroups(Database(tmp_path / "state.sqlite", durable=False))
    configuration = {
        "ResultConfiguration": {"OutputLocation": "s3://team/r/"},
        "EnforceWorkGroupConfiguration": enforced,
    }
    workgroups.create({"Name": "team", "Configuration": configuration})
    assert workgroups.settings_for("team", None).enforced is enforced
