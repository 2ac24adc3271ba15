"""Take secrets and personal data out of a text that is about to be shown, logged or sent.

What is masked has a form (an address with a password, `token=…`, a key of AWS, a CPF, an e-mail
address) or was learnt from the environment (`learn_secrets`). A text is masked whole or left as it
is where nothing has such a form: masking twice changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from urllib.parse import unquote, urlsplit

MASK = "***"

_SHORTEST_SECRET = 8
_MADE_UP = frozenset({"local-athena"})
"""Keys of local endpoints, which open nothing and are names of other things."""
_SECRET_VARIABLE = re.compile(
    r"(PASSWORD|PASSWD|SECRET|SECRET_ACCESS_KEY|SESSION_TOKEN|TOKEN|API_KEY|FERNET_KEY|WEBHOOK_URL)$"
)
_NAMES = (
    r"(?:[\w-]*(?:password|passwd|pwd|secret|token|api[_-]?key|access[_-]?key|signature|credential)"
    r"[\w-]*|authorization|sig)"
)

_Rule = tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]


def _has_three_kinds(match: re.Match[str]) -> str:
    """A secret key of AWS is 40 characters of base64; a checksum is not of three kinds."""
    text = match[0]
    kinds = (str.isupper, str.islower, str.isdigit)
    return MASK if all(any(map(kind, text)) for kind in kinds) else text


_RULES: tuple[_Rule, ...] = (
    (re.compile(r"(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*-----|\Z)"), MASK),
    (re.compile(r"(?<=://)([^\s:/?#@\"']*):[^\s/?#\"']*@"), rf"\1:{MASK}@"),
    (re.compile(r"\beyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?"), MASK),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{6,}"), rf"\1 {MASK}"),
    (
        re.compile(
            rf"(?i)\b({_NAMES})(\\?[\"']?\s*[:=]\s*\\?)"
            r"(?:\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|[^\s,;&\"'\\)}\]]+)"
        ),
        rf"\1\2{MASK}",
    ),
    (re.compile(r"(?i)(hooks\.slack(?:-gov)?\.com/[a-z]+/)[\w/-]+"), rf"\1{MASK}"),
    (re.compile(r"\bxox[a-z]-[\w-]+"), MASK),
    (re.compile(r"\b(?:AKIA|ASIA|AIDA|AROA)[A-Z0-9]{16}\b"), MASK),
    (re.compile(r"(?<![\w/+=.-])[A-Za-z0-9/+]{40}(?![\w/+=.-])"), _has_three_kinds),
    (re.compile(r"(?<!//)(?<![\w.+%-])[\w.+%-]+@[\w-]+(?:\.[\w-]+)+"), "[e-mail]"),
    (re.compile(r"(?<![\w.])[\dA-Z]{2}\.[\dA-Z]{3}\.[\dA-Z]{3}/[\dA-Z]{4}-\d{2}(?!\w)"), "[cnpj]"),
    (re.compile(r"(?<![\w.])\d{3}\.\d{3}\.\d{3}-\d{2}(?!\w)"), "[cpf]"),
    (re.compile(r"(?<![\w+])\+55[ -]?\(?\d{2}\)?[ -]?9?\d{4}[ -]?\d{4}(?!\w)"), "[phone]"),
    (re.compile(r"\(\d{2}\) ?9?\d{4}[ -]?\d{4}(?!\w)"), "[phone]"),
)

_learnt: set[str] = set()


def redact(text: str) -> str:
    """The text without secrets and personal data, as far as their form or the environment tells."""
    for secret in _learnt:
        if secret in text:
            text = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", MASK, text)
    for pattern, mask in _RULES:
        text = pattern.sub(mask, text)
    return text


def learn_secrets(environ: Mapping[str, str]) -> frozenset[str]:
    """Mask from now on the values of variables that are named as secrets are, and the passwords of
    addresses in any variable; return what is masked.

    A value shorter than eight characters is left: it would mask parts of ordinary words.
    """
    for name, value in environ.items():
        found = {value} if _SECRET_VARIABLE.search(name) else set()
        found |= _passwords(value)
        _learnt.update(secret for secret in found - _MADE_UP if len(secret) >= _SHORTEST_SECRET)
    return frozenset(_learnt)


def _passwords(address: str) -> set[str]:
    if "://" not in address:
        return set()
    try:
        password = urlsplit(address).password
    except ValueError:
        return set()
    return {password, unquote(password)} if password else set()
