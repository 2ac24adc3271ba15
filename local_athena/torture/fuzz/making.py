"""Requests that follow what clients send only roughly: seeded, as raw bytes of HTTP."""

import gzip
import json
import random
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import quote

GOLDEN = Path(__file__).parents[2] / "tests" / "golden"
ODD = [None, 1, "x", [], {}, True, -1, 2**70, 1.5, "", "\0", "é" * 50, "../../etc/passwd", "'", '"']
TEXTS = [
    "primary", "db", "t", "select 1", "s3://fuzz/x/", "AwsDataCatalog", "x" * 40, "(", "a=1",
    "s3://../../etc/", "s3://fuzz/../../x", "arn:aws:glue:us-east-1:123456789012:database/db",
    "file:///etc/passwd", "2020-01-01",
]  # fmt: skip
KEYS = [
    "a", "a/b", "a/b/c", "../../canary", "..", "%00", "a//b", "/", "%2e%2e/%2e%2e/canary", "A",
    "a ", "é", "x" * 1100, "a" * 300, "/" * 900, "*", "[a]", "a?b", "a\\b",
    "%file", "%more",
    "a%more",
]  # fmt: skip
QUERIES = [
    "", "?uploads", "?versions", "?acl", "?tagging", "?list-type=2&max-keys=x", "?location",
    "?list-type=2&prefix=../&delimiter=/", "?uploadId=x&partNumber=1", "?delete", "?versioning",
    "?list-type=2&continuation-token=zz", "?partNumber=0", "?versionId=x", "?cors", "?lifecycle",
    "?policy", "?max-keys=-1", "?marker=%00", "?select&select-type=2", "?torrent", "?website",
    "?X-Amz-Signature=1", "?uploadId=x", "?encryption", "?notification", "?object-lock", "?x=%zz",
]  # fmt: skip
BODIES = [
    b"", b"x", b"<a>", b"<Delete><Object><Key>../a</Key></Object></Delete>", b"\xff\xfe", b"{}",
    b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><a>&e;</a>",
    b"<VersioningConfiguration><Status>Maybe</Status></VersioningConfiguration>",
    b"<CompleteMultipartUpload><Part><PartNumber>x</PartNumber></Part></CompleteMultipartUpload>",
    b"<Tagging><TagSet><Tag><Key>k</Key></Tag></TagSet></Tagging>",
]  # fmt: skip
HEADERS = [
    ("Range", "bytes=5-2"), ("Range", "bytes=x"), ("Range", "bytes=-5"), ("If-Match", '"x"'),
    ("x-amz-copy-source", "/fuzz/a"), ("x-amz-copy-source", "../../etc/passwd"), ("Expect", "x"),
    ("x-amz-copy-source", "fuzz"), ("x-amz-acl", "nope"), ("x-amz-meta-a", "\xe9"),
    ("x-amz-storage-class", "NOPE"), ("Content-MD5", "x"), ("x-amz-tagging", "a=b=c&&"),
    ("x-amz-decoded-content-length", "5"), ("x-amz-sdk-checksum-algorithm", "NOPE"),
    ("x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"), ("If-Modified-Since", "x"),
    ("x-amz-copy-source-range", "bytes=0-99"), ("Authorization", "AWS4-HMAC-SHA256 x"),
    ("Content-Encoding", "aws-chunked"), ("x-amz-server-side-encryption", "x"), ("Cookie", "\x00"),
]  # fmt: skip
ODD_WORDS = [
    "(", ")", "'", '"', "`", ";", "--", "/*", "null", "1e999", "9" * 40, "x''", "\0", "é", "?",
    "::",
    "read_text('/etc/passwd')", "'s3://../../x'", "@", "u&'\\D800'", "array[]",
]  # fmt: skip
OTHERS = [
    ("sts", "GetCallerIdentity"), ("iam", "ListRoles"), ("iam", "Nope"), ("sts", "AssumeRole"),
    ("sqs", "ListQueues"),
]  # fmt: skip
TARGETS = [
    "TrentService.ListKeys", "DynamoDB_20120810.ListTables", "Logs_20140328.DescribeLogGroups",
    "secretsmanager.ListSecrets", "AmazonSSM.GetParameter", "AWSLakeFormation.ListResources",
    "AWSGlue.CreateJob", "AWSGlue.GetCrawlers", "AmazonAthena.", ".", "AmazonAthena.Nope.Nope",
]  # fmt: skip


@cache
def model(service: str) -> dict[str, Any]:
    """A published service model, from botocore."""
    folder = max((files("botocore") / "data" / service).iterdir(), key=lambda one: one.name)
    found: dict[str, Any] = json.loads(gzip.decompress((folder / "service-2.json.gz").read_bytes()))
    return found


@cache
def statements() -> tuple[str, ...]:
    """SQL texts of the golden files."""
    lines = (GOLDEN / "expressions.jsonl").read_text().splitlines()
    return tuple(json.loads(line).get("sql") or "select 1" for line in lines)


def mutated(rng: random.Random, text: str) -> str:
    """A text with a few changes: cut, doubled, swapped with another's words, or odd characters."""
    words = text.split(" ")
    for _ in range(rng.randint(1, 3)):
        place = rng.randrange(len(words))
        kind = rng.randrange(6)
        if kind == 0:
            del words[place]
            words = words or ["select"]
        elif kind == 1:
            words.insert(place, words[place])
        elif kind == 2:
            other = rng.choice(statements()).split(" ")
            words[place] = rng.choice(other)
        elif kind == 3:
            words[place] = rng.choice(ODD_WORDS)
        elif kind == 4:
            other = rng.choice(statements()).split(" ")
            at = rng.randrange(len(other))
            words[place:] = other[at:]
            words = words or ["select"]
        else:
            word = words[place]
            cut = rng.randrange(len(word) + 1)
            words[place] = word[:cut] + rng.choice("0(),.'\"=<>x ") + word[cut + 1 :]
    return " ".join(words)


def value(rng: random.Random, shapes: dict[str, Any], name: str, depth: int = 0) -> Any:
    """A value of a shape, odd at times."""
    shape = shapes[name]
    kind = shape["type"]
    if rng.random() < 0.06:
        return rng.choice(ODD)
    if kind == "structure":
        return {
            member: value(rng, shapes, given["shape"], depth + 1)
            for member, given in shape.get("members", {}).items()
            if member in shape.get("required", ()) or rng.random() < (0.4 if depth < 4 else 0)
        }
    if kind == "list":
        count = rng.choice([0, 1, 2]) if depth < 6 else 0
        return [value(rng, shapes, shape["member"]["shape"], depth + 1) for _ in range(count)]
    if kind == "map":
        return {rng.choice(TEXTS): value(rng, shapes, shape["value"]["shape"], depth + 1)}
    if kind == "string":
        return rng.choice([*shape.get("enum", ()), *TEXTS])
    return {"boolean": True, "double": 1.5, "timestamp": 1_700_000_000}.get(
        kind, rng.choice([1, 0, 5, 1000, -1])
    )


def http(method: str, path: str, headers: list[tuple[str, str]], body: bytes) -> bytes:
    """A request; what must be Latin-1 is."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost"]
    lines += [f"{name}: {text}" for name, text in headers]
    lines += [f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode("latin-1", "replace") + body


def of_model(rng: random.Random) -> bytes:
    """An operation of Athena or Glue."""
    service, target = rng.choice([("athena", "AmazonAthena"), ("glue", "AWSGlue")])
    found = model(service)
    operation = rng.choice(sorted(found["operations"]))
    given = found["operations"][operation].get("input")
    body = value(rng, found["shapes"], given["shape"]) if given else {}
    text = json.dumps(body).encode()
    if rng.random() < 0.1:
        cut = rng.randrange(len(text))
        text = text[:cut] + rng.randbytes(2) + text[cut + 1 :]
    return http("POST", "/", [("X-Amz-Target", f"{target}.{operation}")], text)


def of_s3(rng: random.Random) -> bytes:
    """Some call of S3, well-formed or not."""
    key = rng.choice(KEYS)
    safe = "/%" if rng.random() < 0.7 else "/%?[]\\ "
    bucket = rng.choice(["fuzz", "fuzz", "fuzz", "other", "..", "A_B", "x" * 70, "versioned"])
    path = f"/{bucket}/{quote(key, safe=safe).replace(' ', '%20')}{rng.choice(QUERIES)}"
    if rng.random() < 0.2:
        path = f"/{bucket}{rng.choice(QUERIES)}"
    headers = [
        ("Authorization", "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/s3/aws4_request, x=y")
    ]
    headers += rng.sample(HEADERS, rng.choice([0, 0, 1, 2]))
    method = rng.choice(["GET", "PUT", "PUT", "POST", "DELETE", "HEAD", "OPTIONS", "PATCH", "X"])
    return http(method, path, headers, rng.choice(BODIES))


def of_others(rng: random.Random) -> bytes:
    """A service that is moto's alone."""
    if rng.random() < 0.5:
        service, action = rng.choice(OTHERS)
        body = f"Action={action}&Version=2011-06-15&{rng.choice(['', 'x=%zz', 'RoleArn=x'])}"
        auth = f"AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/{service}/aws4_request, x=y"
        kind = ("Content-Type", "application/x-www-form-urlencoded")
        return http("POST", "/", [("Authorization", auth), kind], body.encode())
    body = rng.choice([b"{}", b"{", b"[]", b"", b'{"Name": 7}', b"\xff"])
    return http("POST", "/", [("X-Amz-Target", rng.choice(TARGETS))], body)


def of_bytes(rng: random.Random) -> bytes:
    """A request with bytes changed, or no request at all."""
    if rng.random() < 0.2:
        return rng.randbytes(rng.randint(1, 300)) + b"\r\n\r\n"
    made = bytearray(rng.choice([of_model, of_s3, of_others])(rng))
    for _ in range(rng.randint(1, 4)):
        made[rng.randrange(len(made))] = rng.randrange(256)
    return bytes(made)
