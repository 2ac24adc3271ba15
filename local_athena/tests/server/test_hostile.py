"""Bodies that follow the published model only roughly: refused, never an internal error."""

import http.client
import json
import random
from typing import Any

import pytest
from local_athena.protocol.model import ServiceModel, load_service
from local_athena.server import Endpoint

TEXTS = [
    "primary", "db", "t", "select 1", "s3://bkt/x", "AwsDataCatalog", "x" * 40, "é", "(", "a=1", "",
    "arn:aws:athena:us-east-1:123456789012:workgroup/primary",
    "arn:aws:glue:us-east-1:123456789012:database/db",
]  # fmt: skip
ODD = [None, 1, "x", [], {}, True, -1, 2**70, 1.5]


def make(rng: random.Random, model: ServiceModel, name: str, depth: int = 0) -> Any:
    shape = model.shapes[name]
    kind = shape["type"]
    if rng.random() < 0.06:
        return rng.choice(ODD)
    if kind == "structure":
        return {
            member: make(rng, model, given["shape"], depth + 1)
            for member, given in shape.get("members", {}).items()
            if member in shape.get("required", ()) or rng.random() < (0.5 if depth < 4 else 0)
        }
    if kind == "list":
        count = rng.choice([0, 1, 2]) if depth < 6 else 0
        return [make(rng, model, shape["member"]["shape"], depth + 1) for _ in range(count)]
    if kind == "map":
        return {"k": make(rng, model, shape["value"]["shape"], depth + 1)}
    if kind == "string":
        return rng.choice(shape.get("enum") or TEXTS)
    return {"boolean": True, "double": 1.5, "timestamp": 1_700_000_000}.get(
        kind, rng.choice([1, 0, 5, 1000, -1])
    )


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("target", "service"), [("AmazonAthena", "athena"), ("AWSGlue", "glue")])
def test_any_body__of_any_operation__is_never_an_internal_error(
    endpoint: Endpoint, glue: Any, target: str, service: str, seed: int
) -> None:
    glue.create_database(DatabaseInput={"Name": "db"})
    keys = [{"Name": "a", "Type": "int"}]
    glue.create_table(DatabaseName="db", TableInput={"Name": "t", "PartitionKeys": keys})
    rng, model = random.Random(seed), load_service(service)
    operations = sorted(
        operation
        for operation in model.operations
        if endpoint.answers(target, operation) and operation != "DeleteDatabase"
    )
    assert len(operations) > 30
    connection = http.client.HTTPConnection(endpoint.host, endpoint.port, timeout=30)
    for _ in range(150):
        operation = rng.choice(operations)
        given = model.operations[operation].get("input")
        body = make(rng, model, given["shape"]) if given else {}
        text = json.dumps(body)
        connection.request("POST", "/", text, {"X-Amz-Target": f"{target}.{operation}"})
        response = connection.getresponse()
        answer = response.read()
        assert response.status in (200, 400), (operation, text, answer)
    connection.close()
