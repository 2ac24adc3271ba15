"""Tokens of the payment service: OAuth2 client credentials (RFC 6749, sections 2.3.1 and 4.4)."""

from __future__ import annotations

import base64
import binascii
import json
import secrets
import time
from urllib.parse import parse_qs, unquote

CLIENT_ID = "lakehouse-demo"


class TokenOffice:
    """Gives tokens to one client, whose secret is another one at every start."""

    def __init__(self, seconds: float) -> None:
        """`seconds` is how long a token is valid."""
        self.client_id = CLIENT_ID
        self.client_secret = secrets.token_urlsafe(24)
        self._seconds = seconds
        self._tokens: dict[str, float] = {}

    def issue(self, authorization: str, form: bytes) -> tuple[int, bytes]:
        """Status and body of the answer to a request for a token."""
        if _read_basic(authorization) != (self.client_id, self.client_secret):
            return 401, _error("invalid_client")
        if parse_qs(form.decode("ascii", "replace")).get("grant_type") != ["client_credentials"]:
            return 400, _error("unsupported_grant_type")
        token = secrets.token_urlsafe(24)
        self._tokens[token] = time.monotonic() + self._seconds
        answer = {"access_token": token, "token_type": "Bearer", "expires_in": int(self._seconds)}
        return 200, json.dumps(answer).encode()

    def knows(self, authorization: str) -> bool:
        """Whether a request carries a token that is valid."""
        kind, _, token = authorization.partition(" ")
        return kind.lower() == "bearer" and self._tokens.get(token, 0.0) > time.monotonic()

    def expire_all(self) -> None:
        """End every token now."""
        self._tokens.clear()


def _read_basic(authorization: str) -> tuple[str, str] | None:
    kind, _, text = authorization.partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        name, _, secret = base64.b64decode(text, validate=True).decode("ascii").partition(":")
    except (binascii.Error, ValueError):
        return None
    return unquote(name), unquote(secret)


def _error(code: str) -> bytes:
    return json.dumps({"error": code}).encode()
