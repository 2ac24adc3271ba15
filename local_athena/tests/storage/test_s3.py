"""S3 as boto3 sees it, over files on disk."""

import hashlib
import os
import shutil
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from local_athena.server import Endpoint

MIB = 1024 * 1024


@pytest.fixture
def bucket(s3: Any) -> str:
    s3.create_bucket(Bucket="lake")
    return "lake"


def uploading(s3: Any, body: bytes) -> tuple[dict[str, str], str]:
    """An upload in progress in a bucket of its own: (where it is, the ETag of its one part)."""
    s3.create_bucket(Bucket="bkt")
    where = {"Bucket": "bkt", "Key": "a/b"}
    where["UploadId"] = s3.create_multipart_upload(**where)["UploadId"]
    return where, s3.upload_part(PartNumber=1, Body=body, **where)["ETag"]


def listed(s3: Any, **options: Any) -> tuple[list[str], list[str]]:
    keys, prefixes = [], []
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket="lake", **options):
        keys += [item["Key"] for item in page.get("Contents", [])]
        prefixes += [item["Prefix"] for item in page.get("CommonPrefixes", [])]
    return keys, prefixes


def test_put__then_get__gives_bytes_and_metadata(s3: Any, bucket: str) -> None:
    body = os.urandom(100_000)
    put = s3.put_object(
        Bucket=bucket,
        Key="a/b c/é%+.bin",
        Body=body,
        ContentType="application/x-thing",
        ContentEncoding="x-none",
        Metadata={"my_key": "v1", "other-key": "v2"},
        Tagging="team=data&x=1",
    )
    got = s3.get_object(Bucket=bucket, Key="a/b c/é%+.bin")
    assert got["Body"].read() == body
    assert got["ContentType"] == "application/x-thing"
    assert got["ContentEncoding"] == "x-none"
    assert got["Metadata"] == {"my_key": "v1", "other-key": "v2"}
    assert got["ETag"] == put["ETag"] == f'"{hashlib.md5(body).hexdigest()}"'
    tags = s3.get_object_tagging(Bucket=bucket, Key="a/b c/é%+.bin")["TagSet"]
    assert sorted(tag["Key"] for tag in tags) == ["team", "x"]


def test_get__file_of_the_engine__is_an_object_at_once(
    s3: Any, bucket: str, endpoint: Endpoint
) -> None:
    path = endpoint.settings.data / "s3" / bucket / "t" / "part-0.parquet"
    path.parent.mkdir()
    path.write_bytes(b"PAR1")
    assert s3.get_object(Bucket=bucket, Key="t/part-0.parquet")["Body"].read() == b"PAR1"
    first = s3.head_object(Bucket=bucket, Key="t/part-0.parquet")["ETag"]
    assert listed(s3) == (["t/part-0.parquet"], [])
    path.write_bytes(b"PAR1PAR1")
    assert s3.head_object(Bucket=bucket, Key="t/part-0.parquet")["ETag"] != first
    path.unlink()
    with pytest.raises(ClientError) as caught:
        s3.get_object(Bucket=bucket, Key="t/part-0.parquet")
    assert caught.value.response["Error"]["Code"] == "NoSuchKey"


def test_put__object__is_a_file_of_the_engine(s3: Any, bucket: str, endpoint: Endpoint) -> None:
    s3.put_object(Bucket=bucket, Key="in/x.csv", Body=b"1,2\n")
    assert (endpoint.settings.data / "s3/lake/in/x.csv").read_bytes() == b"1,2\n"


@pytest.mark.parametrize(
    ("header", "start", "stop"),
    [("bytes=0-9", 0, 10), ("bytes=5000-", 5000, None), ("bytes=-7", -7, None)],
)
def test_get__range__gives_that_part(
    s3: Any, bucket: str, header: str, start: int, stop: int | None
) -> None:
    body = os.urandom(10_000)
    s3.put_object(Bucket=bucket, Key="r", Body=body)
    got = s3.get_object(Bucket=bucket, Key="r", Range=header)
    assert got["Body"].read() == body[start:stop]
    assert got["ResponseMetadata"]["HTTPStatusCode"] == 206
    assert got["ContentRange"].endswith("/10000")


def test_get__range_behind_the_end__is_refused(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="r", Body=b"abc")
    with pytest.raises(ClientError) as caught:
        s3.get_object(Bucket=bucket, Key="r", Range="bytes=10-20")
    assert caught.value.response["Error"]["Code"] == "InvalidRange"


def test_get__range_of_a_sparse_giant__reads_only_the_range(
    s3: Any, bucket: str, endpoint: Endpoint
) -> None:
    """64 GiB that take no room on disk: reading it whole would not end."""
    path = endpoint.settings.data / "s3" / bucket / "giant"
    with path.open("wb") as file:
        file.truncate(64 * 1024 * MIB)
        file.seek(40 * 1024 * MIB)
        file.write(b"needle")
    got = s3.get_object(
        Bucket=bucket, Key="giant", Range=f"bytes={40 * 1024 * MIB}-{40960 * MIB + 5}"
    )
    assert got["Body"].read() == b"needle"
    assert s3.head_object(Bucket=bucket, Key="giant")["ContentLength"] == 64 * 1024 * MIB


def test_list__pages_with_delimiter__cover_all_once(s3: Any, bucket: str) -> None:
    keys = [f"d{number:02}/x" for number in range(12)] + [f"f{number:02}" for number in range(12)]
    for key in keys:
        s3.put_object(Bucket=bucket, Key=key, Body=b"")
    for size in (1, 5, 100):
        found = listed(s3, Delimiter="/", PaginationConfig={"PageSize": size})
        assert found == (keys[12:], [f"d{number:02}/" for number in range(12)])
        assert listed(s3, PaginationConfig={"PageSize": size})[0] == keys
    assert listed(s3, Prefix="d0", Delimiter="/")[1] == [f"d0{number}/" for number in range(10)]
    assert listed(s3, Prefix="d03/", Delimiter="/") == (["d03/x"], [])
    assert listed(s3, StartAfter="f10")[0] == ["f11"]
    assert listed(s3, Delimiter="x")[1] == keys[:12]


def test_list__first_version__pages_by_marker(s3: Any, bucket: str) -> None:
    for number in range(7):
        s3.put_object(Bucket=bucket, Key=f"k{number}", Body=b"")
    pages = s3.get_paginator("list_objects").paginate(
        Bucket=bucket, PaginationConfig={"PageSize": 3}
    )
    found = [item["Key"] for page in pages for item in page["Contents"]]
    assert found == [f"k{number}" for number in range(7)]


def test_multipart__three_parts__become_one_object(s3: Any, bucket: str) -> None:
    parts = [os.urandom(5 * MIB), os.urandom(5 * MIB), b"the end"]
    upload = s3.create_multipart_upload(Bucket=bucket, Key="big", Metadata={"k": "v"})["UploadId"]
    done = []
    for number, part in enumerate(parts, 1):
        etag = s3.upload_part(
            Bucket=bucket, Key="big", UploadId=upload, PartNumber=number, Body=part
        )["ETag"]
        done.append({"PartNumber": number, "ETag": etag})
    finished = s3.complete_multipart_upload(
        Bucket=bucket, Key="big", UploadId=upload, MultipartUpload={"Parts": done}
    )
    digest = hashlib.md5(b"".join(hashlib.md5(part).digest() for part in parts)).hexdigest()
    assert finished["ETag"] == f'"{digest}-3"'
    got = s3.get_object(Bucket=bucket, Key="big")
    assert got["Body"].read() == b"".join(parts)
    assert got["Metadata"] == {"k": "v"}
    second = s3.get_object(Bucket=bucket, Key="big", PartNumber=3)
    assert second["Body"].read() == parts[2]


def test_multipart__parts_copied_from_ranges__are_put_together(s3: Any, bucket: str) -> None:
    body = os.urandom(6 * MIB)
    s3.put_object(Bucket=bucket, Key="src", Body=body)
    upload = s3.create_multipart_upload(Bucket=bucket, Key="dst")["UploadId"]
    done = []
    for number, (first, last) in enumerate([(0, 5 * MIB - 1), (5 * MIB, 6 * MIB - 1)], 1):
        etag = s3.upload_part_copy(
            Bucket=bucket, Key="dst", UploadId=upload, PartNumber=number,
            CopySource={"Bucket": bucket, "Key": "src"}, CopySourceRange=f"bytes={first}-{last}",
        )["CopyPartResult"]["ETag"]  # fmt: skip
        done.append({"PartNumber": number, "ETag": etag})
    s3.complete_multipart_upload(
        Bucket=bucket, Key="dst", UploadId=upload, MultipartUpload={"Parts": done}
    )
    assert s3.get_object(Bucket=bucket, Key="dst")["Body"].read() == body


def test_multipart__aborted_or_unknown__leaves_nothing(
    s3: Any, bucket: str, endpoint: Endpoint
) -> None:
    upload = s3.create_multipart_upload(Bucket=bucket, Key="x")["UploadId"]
    s3.upload_part(Bucket=bucket, Key="x", UploadId=upload, PartNumber=1, Body=b"x" * MIB)
    s3.abort_multipart_upload(Bucket=bucket, Key="x", UploadId=upload)
    assert list((endpoint.settings.data / "tmp").iterdir()) == []
    with pytest.raises(ClientError) as caught:
        s3.upload_part(Bucket=bucket, Key="x", UploadId=upload, PartNumber=1, Body=b"x")
    assert caught.value.response["Error"]["Code"] == "NoSuchUpload"


def test_multipart__part_for_another_key__finds_no_upload(s3: Any) -> None:
    where, _ = uploading(s3, b"x")
    with pytest.raises(ClientError) as caught:
        s3.upload_part(**where | {"Key": "a/c"}, PartNumber=2, Body=b"y")
    assert caught.value.response["Error"]["Code"] == "NoSuchUpload"
    assert [part["PartNumber"] for part in s3.list_parts(**where)["Parts"]] == [1]


@pytest.mark.parametrize("number", [0, 10_001])
def test_multipart__number_of_no_part__is_refused(s3: Any, number: int) -> None:
    where, _ = uploading(s3, b"x")
    with pytest.raises(ClientError) as caught:
        s3.upload_part(**where, PartNumber=number, Body=b"y")
    assert caught.value.response["Error"]["Code"] == "InvalidArgument"


def test_list_multipart_uploads__pages__have_each_upload_once(s3: Any, bucket: str) -> None:
    keys = ["a/1", "a/1", "a/2", "b", "c/1"]
    made = [(key, s3.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]) for key in keys]
    pages = s3.get_paginator("list_multipart_uploads").paginate(
        Bucket=bucket, PaginationConfig={"PageSize": 2}
    )
    sizes, found = [], []
    for page in pages:
        sizes.append(len(page["Uploads"]))
        found += [(each["Key"], each["UploadId"]) for each in page["Uploads"]]
    assert sizes == [2, 2, 1]
    assert sorted(found) == sorted(made)
    rolled = s3.list_multipart_uploads(Bucket=bucket, Delimiter="/")
    assert [each["Prefix"] for each in rolled["CommonPrefixes"]] == ["a/", "c/"]
    assert [each["Key"] for each in rolled["Uploads"]] == ["b"]


def test_upload_file__above_the_threshold__goes_in_parts(
    s3: Any, bucket: str, tmp_path: Path
) -> None:
    source = tmp_path / "up"
    source.write_bytes(os.urandom(20 * MIB))
    s3.upload_file(str(source), bucket, "up", ExtraArgs={"ContentType": "text/x"})
    s3.download_file(bucket, "up", str(tmp_path / "down"))
    assert (tmp_path / "down").read_bytes() == source.read_bytes()
    assert s3.head_object(Bucket=bucket, Key="up")["ContentType"] == "text/x"


def test_copy__with_new_metadata__replaces_it(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="a", Body=b"abc", Metadata={"k": "old"})
    source = {"Bucket": bucket, "Key": "a"}
    s3.copy_object(Bucket=bucket, Key="same", CopySource=source)
    s3.copy_object(
        Bucket=bucket,
        Key="new",
        CopySource=source,
        Metadata={"k": "new"},
        MetadataDirective="REPLACE",
    )
    assert s3.get_object(Bucket=bucket, Key="same")["Body"].read() == b"abc"
    assert s3.head_object(Bucket=bucket, Key="same")["Metadata"] == {"k": "old"}
    assert s3.head_object(Bucket=bucket, Key="new")["Metadata"] == {"k": "new"}


def test_delete_objects__some_missing__removes_the_rest(s3: Any, bucket: str) -> None:
    for key in ("p/1", "p/2", "q"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    s3.delete_objects(
        Bucket=bucket, Delete={"Objects": [{"Key": "p/1"}, {"Key": "p/2"}, {"Key": "none"}]}
    )
    assert listed(s3)[0] == ["q"]


def test_delete_bucket__not_empty__is_refused(s3: Any, bucket: str, endpoint: Endpoint) -> None:
    s3.put_object(Bucket=bucket, Key="x", Body=b"")
    with pytest.raises(ClientError) as caught:
        s3.delete_bucket(Bucket=bucket)
    assert caught.value.response["Error"]["Code"] == "BucketNotEmpty"
    s3.delete_object(Bucket=bucket, Key="x")
    s3.delete_bucket(Bucket=bucket)
    assert not (endpoint.settings.data / "s3" / bucket).exists()
    with pytest.raises(ClientError):
        s3.head_bucket(Bucket=bucket)


def test_put__conditional__only_when_absent(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="once", Body=b"1", IfNoneMatch="*")
    with pytest.raises(ClientError) as caught:
        s3.put_object(Bucket=bucket, Key="once", Body=b"2", IfNoneMatch="*")
    assert caught.value.response["Error"]["Code"] == "PreconditionFailed"


def test_presigned_url__without_headers__is_served(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="a b", Body=b"signed")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "a b"})
    with urllib.request.urlopen(url) as answer:
        assert answer.read() == b"signed"


def test_versioning__three_versions__each_can_be_read(
    s3: Any, bucket: str, endpoint: Endpoint
) -> None:
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    ids = [
        s3.put_object(Bucket=bucket, Key="v", Body=text, Metadata={"n": text.decode()})["VersionId"]
        for text in (b"one", b"two", b"three")
    ]
    assert s3.get_object(Bucket=bucket, Key="v")["Body"].read() == b"three"
    old = s3.get_object(Bucket=bucket, Key="v", VersionId=ids[0])
    assert (old["Body"].read(), old["Metadata"]) == (b"one", {"n": "one"})
    s3.delete_object(Bucket=bucket, Key="v")
    assert listed(s3)[0] == []
    assert not (endpoint.settings.data / "s3/lake/v").exists()
    versions = s3.list_object_versions(Bucket=bucket)
    assert {item["VersionId"] for item in versions["Versions"]} == set(ids)
    marker = versions["DeleteMarkers"][0]["VersionId"]
    s3.delete_object(Bucket=bucket, Key="v", VersionId=marker)
    assert s3.get_object(Bucket=bucket, Key="v")["Body"].read() == b"three"
    s3.delete_object(Bucket=bucket, Key="v", VersionId=ids[2])
    assert s3.get_object(Bucket=bucket, Key="v")["Body"].read() == b"two"
    for version in ids[:2]:
        s3.delete_object(Bucket=bucket, Key="v", VersionId=version)
    assert list((endpoint.settings.data / "versions").iterdir()) == []
    s3.delete_bucket(Bucket=bucket)


def test_restart__everything__is_there_again(
    start_endpoint: Callable[..., Endpoint], client_of: Callable[..., Any]
) -> None:
    first = start_endpoint()
    s3 = client_of(first, "s3")
    s3.create_bucket(Bucket="lake")
    s3.create_bucket(Bucket="old")
    s3.put_bucket_versioning(Bucket="old", VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_tagging(Bucket="lake", Tagging={"TagSet": [{"Key": "zone", "Value": "raw"}]})
    s3.put_bucket_encryption(
        Bucket="lake",
        ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
        },
    )
    s3.put_object(Bucket="lake", Key="a", Body=b"abc", Metadata={"k": "v"}, Tagging="t=1")
    versions = [s3.put_object(Bucket="old", Key="v", Body=b)["VersionId"] for b in (b"1", b"2")]
    before = s3.head_object(Bucket="lake", Key="a")
    s3.get_bucket_location(Bucket="old")
    first.close()

    s3 = client_of(start_endpoint(), "s3")
    assert {"lake", "old"} <= {item["Name"] for item in s3.list_buckets()["Buckets"]}
    after = s3.head_object(Bucket="lake", Key="a")
    for name in ("ETag", "LastModified", "Metadata", "ContentType", "ServerSideEncryption"):
        assert after[name] == before[name]
    assert s3.get_object(Bucket="lake", Key="a")["Body"].read() == b"abc"
    assert s3.get_object_tagging(Bucket="lake", Key="a")["TagSet"] == [{"Key": "t", "Value": "1"}]
    assert s3.get_bucket_tagging(Bucket="lake")["TagSet"] == [{"Key": "zone", "Value": "raw"}]
    assert s3.get_bucket_versioning(Bucket="old")["Status"] == "Enabled"
    assert s3.get_object(Bucket="old", Key="v", VersionId=versions[0])["Body"].read() == b"1"


def test_two_endpoints__in_one_process__keep_their_objects_apart(
    start_endpoint: Callable[..., Endpoint], client_of: Callable[..., Any], tmp_path: Path
) -> None:
    one, two = start_endpoint(tmp_path / "one"), start_endpoint(tmp_path / "two")
    first, second = client_of(one, "s3"), client_of(two, "s3")
    first.create_bucket(Bucket="lake")
    second.create_bucket(Bucket="lake")
    first.put_object(Bucket="lake", Key="x", Body=b"1")
    assert listed(first)[0] == ["x"]
    assert listed(second)[0] == []


def test_put__many_threads__all_arrive(s3: Any, bucket: str) -> None:
    def work(worker: int) -> None:
        for number in range(20):
            s3.put_object(Bucket=bucket, Key=f"w{worker}/{number:02}", Body=b"x" * worker)

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(listed(s3)[0]) == 80


def _all_at_once(count: int, put: Callable[[int], None]) -> list[int]:
    """Call `put` on as many threads at once; the numbers of those that were not refused by 412."""
    ready, done, answers = threading.Barrier(count), [], []

    def run(number: int) -> None:
        ready.wait()
        try:
            put(number)
            done.append(number)
        except ClientError as error:
            answers.append(error.response["ResponseMetadata"]["HTTPStatusCode"])

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [412] * (count - len(done))
    return done


def test_put__conditional_on_many_threads__one_of_them_writes(s3: Any, bucket: str) -> None:
    """What S3 documents of conditional writes: the first to finish wins, the others get 412."""
    for number in range(10):
        key = f"leader/{number}"

        def first(writer: int, key: str = key) -> None:
            s3.put_object(Bucket=bucket, Key=key, Body=b"%d" % writer, IfNoneMatch="*")

        (winner,) = _all_at_once(8, first)
        etag = s3.head_object(Bucket=bucket, Key=key)["ETag"]
        assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == b"%d" % winner

        def next_one(writer: int, key: str = key, etag: str = etag) -> None:
            s3.put_object(Bucket=bucket, Key=key, Body=b"next %d" % writer, IfMatch=etag)

        (winner,) = _all_at_once(8, next_one)
        assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == b"next %d" % winner


def test_virtual_host_style__bucket_in_the_host__is_understood(
    s3: Any, bucket: str, endpoint: Endpoint
) -> None:
    s3.put_object(Bucket=bucket, Key="k/l", Body=b"host", ACL="public-read")
    request = urllib.request.Request(
        f"{endpoint.url}/k/l", headers={"Host": "lake.s3.us-east-1.amazonaws.com"}
    )
    with urllib.request.urlopen(request) as answer:
        assert answer.read() == b"host"


def test_multipart__server_ends_before_a_whole_s_parts_go__they_go_at_the_next_start(
    start_endpoint: Callable[..., Endpoint], client_of: Callable[..., Any], tmp_path: Path
) -> None:
    first = start_endpoint()
    s3 = client_of(first, "s3")
    where, etag = uploading(s3, b"whole")
    uploads = first.settings.data / "uploads"
    shutil.copytree(uploads, tmp_path / "before")
    named = {"Parts": [{"PartNumber": 1, "ETag": etag}]}
    done = s3.complete_multipart_upload(MultipartUpload=named, **where)
    first.close()
    shutil.copytree(tmp_path / "before", uploads, dirs_exist_ok=True)

    s3 = client_of(start_endpoint(), "s3")
    assert "Uploads" not in s3.list_multipart_uploads(Bucket="bkt")
    assert list(uploads.iterdir()) == []
    again = s3.complete_multipart_upload(MultipartUpload=named, **where)
    assert again["ETag"] == done["ETag"]


def test_multipart__server_ends_while_an_aborted_one_s_files_go__it_stays_aborted(
    start_endpoint: Callable[..., Endpoint],
    client_of: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = start_endpoint()
    s3 = client_of(first, "s3")
    where, _ = uploading(s3, b"part")
    with monkeypatch.context() as patched:
        patched.setattr(shutil, "rmtree", lambda *_, **__: None)  # it dies before the first file
        s3.abort_multipart_upload(**where)
    first.close()

    second = start_endpoint()
    assert "Uploads" not in client_of(second, "s3").list_multipart_uploads(Bucket="bkt")
    assert list((second.settings.data / "uploads").iterdir()) == []


def test_multipart__folder_without_its_facts__hides_no_bucket(
    start_endpoint: Callable[..., Endpoint], client_of: Callable[..., Any]
) -> None:
    first = start_endpoint()
    s3 = client_of(first, "s3")
    s3.create_bucket(Bucket="bkt")
    s3.put_object(Bucket="bkt", Key="a", Body=b"there")
    first.close()
    half = first.settings.data / "uploads" / "half"
    half.mkdir()
    (half / f"1.{hashlib.md5(b'part').hexdigest()}").write_bytes(b"part")

    s3 = client_of(start_endpoint(), "s3")
    assert s3.get_object(Bucket="bkt", Key="a")["Body"].read() == b"there"
    assert not half.exists()


def test_multipart__server_ends_in_the_middle__goes_on_after_a_restart(
    start_endpoint: Callable[..., Endpoint], client_of: Callable[..., Any]
) -> None:
    first = start_endpoint()
    s3 = client_of(first, "s3")
    s3.create_bucket(Bucket="bkt")
    where = {"Bucket": "bkt", "Key": "a/b", "UploadId": ""}
    where["UploadId"] = s3.create_multipart_upload(
        Bucket="bkt", Key="a/b", Metadata={"n": "7"}, Tagging="color=red"
    )["UploadId"]
    big, other, last = b"x" * (5 * MIB), b"y" * (5 * MIB), b"end"
    s3.upload_part(PartNumber=1, Body=other, **where)
    etags = {1: s3.upload_part(PartNumber=1, Body=big, **where)["ETag"]}
    dropped = s3.create_multipart_upload(Bucket="bkt", Key="gone")["UploadId"]
    s3.abort_multipart_upload(Bucket="bkt", Key="gone", UploadId=dropped)
    first.close()

    second = start_endpoint()
    s3 = client_of(second, "s3")
    (upload,) = s3.list_multipart_uploads(Bucket="bkt")["Uploads"]
    assert (upload["Key"], upload["UploadId"]) == ("a/b", where["UploadId"])
    (part,) = s3.list_parts(**where)["Parts"]
    assert (part["PartNumber"], part["ETag"], part["Size"]) == (1, etags[1], len(big))
    etags[2] = s3.upload_part(PartNumber=2, Body=last, **where)["ETag"]
    parts = [{"PartNumber": number, "ETag": etag} for number, etag in etags.items()]
    s3.complete_multipart_upload(MultipartUpload={"Parts": parts}, **where)
    second.close()

    s3 = client_of(start_endpoint(), "s3")
    found = s3.get_object(Bucket="bkt", Key="a/b")
    assert found["Body"].read() == big + last
    assert found["Metadata"] == {"n": "7"}
    assert s3.get_object_tagging(Bucket="bkt", Key="a/b")["TagSet"] == [
        {"Key": "color", "Value": "red"}
    ]
    assert "Uploads" not in s3.list_multipart_uploads(Bucket="bkt")
    assert list((second.settings.data / "uploads").iterdir()) == []


def test_request__that_s3_refuses__is_refused_by_its_code(
    s3: Any, bucket: str, endpoint: Endpoint
) -> None:
    with pytest.raises(ClientError, match="KeyTooLongError"):
        s3.put_object(Bucket=bucket, Key="é" * 513, Body=b"x")
    s3.put_object(Bucket=bucket, Key="é" * 512, Body=b"x")
    for target, code in {
        "a%ffb": b"InvalidURI",
        "?list-type=2&max-keys=abc": b"InvalidArgument",
        "?max-keys=-1": b"InvalidArgument",
        "?max-keys=--5": b"InvalidArgument",
        f"?max-keys={'9' * 50}": b"InvalidArgument",
        "?uploads&max-uploads=2147483648": b"InvalidArgument",
    }.items():
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"{endpoint.url}/{bucket}/{target}")
        assert refused.value.code == 400
        assert code in refused.value.read()


def test_get__while_it_is_overwritten__headers_and_body_are_of_one_version(
    s3: Any, bucket: str
) -> None:
    bodies = [bytes([letter]) * size for letter, size in ((65, 300_000), (66, 500_000), (67, 9))]
    etags = {f'"{hashlib.md5(body).hexdigest()}"': body for body in bodies}
    s3.put_object(Bucket=bucket, Key="k", Body=bodies[0])
    ended = threading.Event()

    def overwrite() -> None:
        number = 0
        while not ended.is_set():
            number += 1
            s3.put_object(Bucket=bucket, Key="k", Body=bodies[number % 3])

    writers = [threading.Thread(target=overwrite) for _ in range(2)]
    for writer in writers:
        writer.start()
    try:
        for _ in range(300):
            answer = s3.get_object(Bucket=bucket, Key="k")
            body = answer["Body"].read()
            assert answer["ContentLength"] == len(body)
            assert etags[answer["ETag"]] == body
    finally:
        ended.set()
        for writer in writers:
            writer.join()


def test_answer__has_the_date_of_the_server(s3: Any, bucket: str) -> None:
    """Clients compare it with Last-Modified, so that their own clocks play no part."""
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    answer = s3.head_object(Bucket=bucket, Key="k")
    now = parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])
    assert timedelta() <= now - answer["LastModified"] < timedelta(seconds=60)


def test_complete_upload__condition__is_that_of_the_object_it_replaces(
    s3: Any, bucket: str
) -> None:
    def complete(**condition: str) -> str:
        where = {"Bucket": bucket, "Key": "k"}
        where["UploadId"] = s3.create_multipart_upload(**where)["UploadId"]
        part = s3.upload_part(PartNumber=1, Body=b"new", **where)
        parts = [{"PartNumber": 1, "ETag": part["ETag"]}]
        whole = s3.complete_multipart_upload(MultipartUpload={"Parts": parts}, **where, **condition)
        return str(whole["ETag"])

    with pytest.raises(ClientError, match="NoSuchKey"):
        complete(IfMatch='"x"')
    first = complete(IfNoneMatch="*")
    for refused in ({"IfNoneMatch": "*"}, {"IfMatch": '"x"'}):
        with pytest.raises(ClientError, match="PreconditionFailed"):
            complete(**refused)
    old = s3.put_object(Bucket=bucket, Key="k", Body=b"old", IfMatch=first)["ETag"]
    assert complete(IfMatch=old) == first
