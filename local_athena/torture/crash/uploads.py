"""A writer of multipart uploads that go on over restarts: parts, completion, abortion."""

import hashlib
from collections.abc import Callable
from typing import Any

from asking import Clients
from writers import PART, Writer, missing

BUCKET = "plain"


def uploads_of(clients: Clients, key: str) -> list[dict[str, Any]]:
    """The uploads of a key that are in progress."""
    found = clients.s3.list_multipart_uploads(Bucket=BUCKET, Prefix=key).get("Uploads", [])
    return [one for one in found if one["Key"] == key]


def upload_state(key: str) -> Callable[[Clients], Any]:
    """(ETag of the object, ETags of the parts of each upload) of a key."""

    def whole(clients: Clients) -> str | None:
        found = missing(lambda: clients.s3.get_object(Bucket=BUCKET, Key=key))
        if found is None:
            return None
        assert len(found["Body"].read()) == found["ContentLength"]
        return str(found["ETag"]).strip('"')

    def look(clients: Clients) -> Any:
        parts = [
            {
                part["PartNumber"]: part["ETag"]
                for part in clients.s3.list_parts(
                    Bucket=BUCKET, Key=key, UploadId=one["UploadId"]
                ).get("Parts", [])
            }
            for one in uploads_of(clients, key)
        ]
        return whole(clients), parts

    return look


class Uploads(Writer):
    """Each step is one request, so that a crash falls between any two of them."""

    def step(self, clients: Clients) -> None:
        key = f"u{self.number}/{self.rng.randrange(2)}"
        thing = self.model.thing(("upload", key), upload_state(key))
        if thing.state is None:
            thing.state = (None, [])
        whole, uploads = thing.state
        if not uploads:
            n = str(self.next())
            with self.model.change(thing, (whole, [{}])):
                clients.s3.create_multipart_upload(Bucket=BUCKET, Key=key, Metadata={"n": n})
            return
        (parts,) = uploads
        (one,) = uploads_of(clients, key)
        where = {"Bucket": BUCKET, "Key": key, "UploadId": one["UploadId"]}
        if len(parts) == 2 and self.rng.random() < 0.7:
            self._complete(clients, thing, where)
        elif self.rng.random() < 0.1:
            with self.model.change(thing, (whole, [])):
                clients.s3.abort_multipart_upload(**where)
        else:
            number = self.rng.choice([1, 2])
            body = self.rng.randbytes(1000) * (PART // 1000 + 1)
            etag = f'"{hashlib.md5(body).hexdigest()}"'
            with self.model.change(thing, (whole, [{**parts, number: etag}])):
                clients.s3.upload_part(PartNumber=number, Body=body, **where)

    def _complete(self, clients: Clients, thing: Any, where: dict[str, str]) -> None:
        """The whole may be there before the upload is gone, and never the other way round."""
        (parts,) = thing.state[1]
        # What the whole must be is known by its ETag alone: the bodies are not kept.
        digests = b"".join(bytes.fromhex(parts[number].strip('"')) for number in sorted(parts))
        whole = f"{hashlib.md5(digests).hexdigest()}-{len(parts)}"
        named = [{"PartNumber": number, "ETag": parts[number]} for number in sorted(parts)]
        thing.doubt.append((whole, [parts]))
        with self.model.change(thing, (whole, [])):
            clients.s3.complete_multipart_upload(MultipartUpload={"Parts": named}, **where)
        thing.doubt.remove((whole, [parts]))
