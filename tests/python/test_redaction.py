"""What may stand in a log, and what never does."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakehouse import redaction
from lakehouse.errors import ConfigError, SourceError
from lakehouse.redaction import learn_secrets, redact

AWS_SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


@pytest.fixture
def learnt(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Secrets of this test alone."""
    found: set[str] = set()
    monkeypatch.setattr(redaction, "_learnt", found)
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("postgresql://reader:s3cr3t@db:5432/x", "postgresql://reader:***@db:5432/x"),
        ("smtp://:only-password@mail:25", "smtp://:***@mail:25"),
        ("GET /v1?limit=5&token=abc123&cursor=9", "GET /v1?limit=5&token=***&cursor=9"),
        ("password=hunter2, user=ana", "password=***, user=ana"),
        ('{"api_key": "k-1", "page": 2}', '{"api_key": ***, "page": 2}'),
        ("{'password': 'two words', 'n': 1}", "{'password': ***, 'n': 1}"),
        ("Authorization: Bearer abc.def-123", "Authorization: *** ***"),
        ("sent Bearer abc.def-123 along", "sent Bearer *** along"),
        ("key AKIAIOSFODNN7EXAMPLE is old", "key *** is old"),
        (f"found {AWS_SECRET} there", "found *** there"),
        ("X-Amz-Signature=0a1b2c&X-Amz-Date=1", "X-Amz-Signature=***&X-Amz-Date=1"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "***"),
        (
            "https://hooks.slack.com/services/T0/B0/XyZ failed",
            "https://hooks.slack.com/services/*** failed",
        ),
        ("xoxb-123-abc", "***"),
        ("a -----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY----- b", "a *** b"),
        ("buyer ana.souza+1@mail.example.com.br wrote", "buyer [e-mail] wrote"),
        ("cpf 529.982.247-25 and cnpj 12.ABC.345/01DE-35", "cpf [cpf] and cnpj [cnpj]"),
        ("call +55 11 98765-4321 or (11) 98765-4321", "call [phone] or [phone]"),
    ],
)
def test_redact__a_secret_or_a_person__is_masked(text: str, expected: str) -> None:
    assert redact(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "step=land outcome=done seconds=1.234 run_id=payments-2026-06-01",
        "s3://lakehouse-local-raw/order_management/orders/ingest_date=2026-06-01/part-0.parquet",
        "sha256=9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "sha1 da39a3ee5e6b4b0d3255bfef95601890afd80709 of /usr/lib/python3/dist-packages/x.py",
        "http://127.0.0.1:4566/orders?limit=5",
        "postgresql://reader@db.acme.com/orders",
        "2026-06-01T12:00:00.000Z 1.2.3.4 12,345,678 rows 99999999999",
        "orders.odcs.yaml: version: is missing (add version)",
    ],
)
def test_redact__facts__are_left_as_they_are(text: str) -> None:
    assert redact(text) == text


PASSWORDS = st.text(string.ascii_letters + string.digits + "!$%^&*()_+-=.,;", min_size=8)


@given(password=PASSWORDS, before=st.text(max_size=20), after=st.text(max_size=20))
def test_redact__password_of_an_address__never_survives_and_twice_is_as_once(
    password: str, before: str, after: str
) -> None:
    line = redact(f"{before} postgresql://reader:{password}@db/orders {after}")
    if password not in f"{before} {after} postgresql reader db/orders":
        assert password not in line
    assert redact(line) == line


def test_learn_secrets__of_the_environment__are_masked_wherever_they_stand(
    learnt: set[str],
) -> None:
    learn_secrets(
        {
            "LAKEHOUSE_POSTGRES_URL": "postgresql://reader:p%40ss-word-1@db/orders",
            "AWS_SECRET_ACCESS_KEY": "made-up-secret",
            "LAKEHOUSE_ENV": "production",
            "SHORT_TOKEN": "local",
        }
    )
    assert learnt == {"p%40ss-word-1", "p@ss-word-1", "made-up-secret"}
    text = "tried p@ss-word-1 and made-up-secret in production with local"
    assert redact(text) == "tried *** and *** in production with local"


@pytest.mark.usefixtures("learnt")
def test_learn_secrets__a_part_of_a_word__is_not_masked() -> None:
    learn_secrets({"DB_PASSWORD": "postgres"})
    assert redact("postgresql is up, postgres is not") == "postgresql is up, *** is not"


def test_lakehouse_error__message_with_a_token__does_not_keep_it() -> None:
    error = SourceError("payments", "http://pay/v1?token=abc123 answered status 403")
    assert str(error) == "payments: http://pay/v1?token=*** answered status 403"
    assert "s3cr3t" not in str(ConfigError("x://a:s3cr3t@b is wrong"))


def test_learn_secrets__the_keys_of_a_local_endpoint__are_no_secrets() -> None:
    learn_secrets({"AWS_SECRET_ACCESS_KEY": "local-athena"})
    assert redact("lakehouse-local-athena-results") == "lakehouse-local-athena-results"
