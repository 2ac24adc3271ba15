"""What a ResultConfiguration may say, of a workgroup or of a query.

Source: Athena API reference, ResultConfiguration and EncryptionConfiguration; user guide,
"Encrypt Athena query results stored in Amazon S3" (read November 2026).
"""

import re
from typing import Any

from local_athena.errors import InvalidRequestError

Json = dict[str, Any]

_LOCATION = re.compile(r"s3://([a-z0-9][a-z0-9.\-]{1,61}[a-z0-9])(/.*)?", re.DOTALL)


def check_result_configuration(configuration: Json | None) -> None:
    """Refuse a place that is not in S3, and an encryption that cannot be had.

    Results lie in the data folder as they are; what S3 would encrypt for its readers without
    their knowing is told back. CSE_KMS would make them decrypt.

    Raises:
        InvalidRequestError: a malformed OutputLocation, a KMS option without its key, CSE_KMS.
    """
    given = configuration or {}
    location = given.get("OutputLocation")
    if location and not _LOCATION.fullmatch(location):
        raise InvalidRequestError("outputLocation is not a valid S3 path.")
    encryption = given.get("EncryptionConfiguration") or {}
    option = encryption.get("EncryptionOption")
    if option in ("SSE_KMS", "CSE_KMS") and not encryption.get("KmsKey"):
        raise InvalidRequestError(f"The encryption option {option} needs a KmsKey.")
    if option == "CSE_KMS":
        raise InvalidRequestError(
            "local_athena does not support CSE_KMS, it encrypts no results: use SSE_KMS or SSE_S3."
        )
