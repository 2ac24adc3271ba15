"""Pages of every list: any size, no item twice, no token of another list."""

from typing import Any

import pytest
from botocore.exceptions import ClientError
from local_athena.server import Endpoint

Json = dict[str, Any]

LISTS: dict[str, tuple[str, Json, int]] = {
    "ListDatabases": ("DatabaseList", {"CatalogName": "AwsDataCatalog"}, 4),
    "ListDataCatalogs": ("DataCatalogsSummary", {}, 4),
    "ListEngineVersions": ("EngineVersions", {}, 2),
    "ListNamedQueries": ("NamedQueryIds", {}, 3),
    "ListPreparedStatements": ("PreparedStatements", {"WorkGroup": "primary"}, 3),
    "ListQueryExecutions": ("QueryExecutionIds", {}, 3),
    "ListTableMetadata": (
        "TableMetadataList",
        {"CatalogName": "AwsDataCatalog", "DatabaseName": "default"},
        3,
    ),
    "ListWorkGroups": ("WorkGroups", {}, 4),
}


def test_lists__every_size_of_pages__same_items_and_no_foreign_token(
    endpoint: Endpoint, wire: Any, athena: Any, glue: Any
) -> None:
    for number in range(3):
        glue.create_database(DatabaseInput={"Name": f"d{number}"})
        glue.create_table(DatabaseName="default", TableInput={"Name": f"t{number}"})
        athena.create_named_query(Name=f"n{number}", Database="d", QueryString="select 1")
        athena.create_prepared_statement(
            StatementName=f"p{number}", WorkGroup="primary", QueryStatement="select 1"
        )
        athena.create_work_group(Name=f"w{number}")
        athena.create_data_catalog(Name=f"c{number}", Type="LAMBDA", Parameters={"function": "f"})
        athena.start_query_execution(
            QueryString=f"select {number}", ResultConfiguration={"OutputLocation": "s3://results/"}
        )
    names = athena.meta.service_model.operation_names
    lists = {name for name in names if name.startswith("List")}
    answered = {name for name in lists if endpoint.answers("AmazonAthena", name)}
    assert set(LISTS) == answered - {"ListTagsForResource"}  # its pages have 75 items or more
    tokens: dict[str, str] = {}
    for operation, (key, request, count) in LISTS.items():
        whole = wire.ask(operation, **request)[1]
        assert len(whole[key]) == count
        assert "NextToken" not in whole
        least = 2 if operation == "ListDataCatalogs" else 1
        for size in range(least, count + 2):
            items: list[Any] = []
            more: Json = {}
            while True:
                page = wire.ask(operation, MaxResults=size, **request, **more)[1]
                assert 0 < len(page[key]) <= size
                items += page[key]
                if "NextToken" not in page:
                    break
                more = {"NextToken": page["NextToken"]}
                tokens[operation] = page["NextToken"]
            assert items == whole[key], (operation, size)
    for operation, (_, request, _) in LISTS.items():
        good = tokens[operation]
        changed = [
            good[:at] + ("A" if good[at] != "A" else "B") + good[at + 1 :]
            for at in range(len(good))
        ]
        foreign = [token for other, token in tokens.items() if other != operation]
        for token in [*changed, *foreign]:
            assert wire.ask(operation, NextToken=token, **request) == wire.invalid(
                f"The nextPageToken is malformed: {token}"
            )


def test_glue_token__of_another_list__is_refused(glue: Any) -> None:
    for name in ("a", "b"):
        glue.create_database(DatabaseInput={"Name": name})
    token = glue.get_databases(MaxResults=1)["NextToken"]
    with pytest.raises(ClientError) as caught:
        glue.get_tables(DatabaseName="a", NextToken=token)
    assert caught.value.response["Error"]["Code"] == "InvalidInputException"
