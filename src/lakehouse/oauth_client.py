"""Who a REST service takes us for: OAuth2 client credentials (RFC 6749, section 4.4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lakehouse.errors import ConfigError

TOKEN_URL = "LAKEHOUSE_PAYMENTS_TOKEN_URL"  # noqa: S105  (a variable's name)
CLIENT_ID = "LAKEHOUSE_PAYMENTS_CLIENT_ID"
CLIENT_SECRET = "LAKEHOUSE_PAYMENTS_CLIENT_SECRET"  # noqa: S105  (a variable's name)


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """The client's name and secret, and where it gets tokens for them."""

    token_url: str
    client_id: str
    client_secret: str = field(repr=False)


def find_credentials(values: Mapping[str, str]) -> ClientCredentials | None:
    """The credentials that variables name, or None where they name none.

    Raises:
        ConfigError: some of the three variables are set and others are not.
    """
    names = (TOKEN_URL, CLIENT_ID, CLIENT_SECRET)
    missing = [name for name in names if not values.get(name)]
    if len(missing) == len(names):
        return None
    if missing:
        raise ConfigError(
            f"{' and '.join(missing)} must be set too: {', '.join(names)} go together, or none is "
            "set where the service asks for no token",
            variable=missing[0],
        )
    return ClientCredentials(*(values[name] for name in names))
