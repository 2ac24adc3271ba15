"""A message laid out for each channel, within the limits that the channel publishes.

Slack: "Block Kit reference" (50 blocks; header 150, section text 3,000, field 2,000 characters, 10
fields) and "Formatting text" (`&`, `<`, `>` are escaped). SNS: API reference, Publish (Subject:
less than 100 ASCII characters, no line breaks; Message: 256 KiB of UTF-8).
"""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Iterable
from typing import Any

from lakehouse.orchestration.notifications.message import Item, Message

_MARKS = {"bad": "🔴", "late": "🟠", "good": "🟢"}
_BLOCKS, _HEADER, _SECTION, _FIELD, _FIELDS = 50, 150, 3000, 2000, 10
_FALLBACK = 3000
_SUBJECT = 99
_BODY_BYTES = 250_000


def as_text(message: Message) -> str:
    """Plain text: title, facts, a line an item, the page of the runbook."""
    lines = [message.title, ""]
    lines += [f"{label}: {value}" for label, value in message.facts]
    lines.append("")
    for item in message.items:
        lines.append(f"- {item.name}: {item.outcome}" + (f": {item.error}" if item.error else ""))
        if item.log_url:
            lines.append(f"  {message.log_label}: {item.log_url}")
    lines += [message.more, ""] if message.more else [""]
    if message.runbook[1]:
        lines.append(f"{message.runbook[0]}: {message.runbook[1]}")
    return "\n".join(lines).rstrip() + "\n"


def as_sns(message: Message) -> tuple[str, str]:
    """Subject and body of a message of SNS; letters of the subject lose their accents."""
    plain = unicodedata.normalize("NFKD", message.title).encode("ascii", "ignore").decode()
    subject = " ".join(plain.split())[:_SUBJECT]
    body = as_text(message).encode("utf-8")[:_BODY_BYTES].decode("utf-8", "ignore")
    return subject, body


def as_email(message: Message) -> tuple[str, str]:
    """Subject and HTML of an e-mail."""
    facts = "".join(
        f"<tr><th align=left>{_html(label)}</th><td>{_html(value)}</td></tr>"
        for label, value in message.facts
    )
    items = "".join(_entry(item, message.log_label) for item in message.items)
    label, address = message.runbook
    runbook = f"<p>{_html(label)}: <a href='{_html(address)}'>{_html(address)}</a></p>"
    content = (
        f"<h2>{_html(message.title)}</h2><table>{facts}</table><ul>{items}</ul>"
        f"<p>{_html(message.more)}</p>{runbook if address else ''}"
    )
    return " ".join(message.title.split()), content


def as_slack(message: Message) -> dict[str, Any]:
    """The payload of a Slack message: blocks, and a text for notifications and screen readers."""
    head = f"{_MARKS[message.tone]} {message.title}"
    label, address = message.runbook
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": _cut(head, _HEADER)}}
    ]
    fields = [
        _mrkdwn(f"*{_slack(label)}*\n{_slack(value)}", _FIELD) for label, value in message.facts
    ]
    if fields:
        blocks.append({"type": "section", "fields": fields[:_FIELDS]})
    lines = [*(_line(item, message.log_label) for item in message.items)]
    if message.more:
        lines.append(_slack(message.more))
    blocks += [
        {"type": "section", "text": _mrkdwn(text, _SECTION)} for text in _chunks(lines, _SECTION)
    ]
    last = []
    if address:
        text = f"*{_slack(label)}*: {_link(address, address)}"
        last.append({"type": "section", "text": _mrkdwn(text, _SECTION)})
    return {"text": _cut(head, _FALLBACK), "blocks": [*blocks[: _BLOCKS - len(last)], *last]}


def _entry(item: Item, log: str) -> str:
    error = f"<br><code>{_html(item.error)}</code>" if item.error else ""
    link = f" (<a href='{_html(item.log_url)}'>{_html(log)}</a>)" if item.log_url else ""
    return f"<li><b>{_html(item.name)}</b>: {_html(item.outcome)}{link}{error}</li>"


def _line(item: Item, log: str) -> str:
    error = f"\n{_slack(item.error)}" if item.error else ""
    link = f" ({_link(item.log_url, log)})" if item.log_url else ""
    return f"• *{_slack(item.name)}*: {_slack(item.outcome)}{link}{error}"


def _link(address: str, label: str) -> str:
    """A link where Slack takes the address as one, else the address itself."""
    is_web = address.startswith(("http://", "https://"))
    return f"<{_slack(address)}|{_slack(label)}>" if is_web else _slack(address)


def _chunks(lines: Iterable[str], longest: int) -> list[str]:
    """Lines put together to texts of at most so many characters."""
    texts: list[str] = []
    for line in lines:
        if texts and len(texts[-1]) + 1 + len(line) <= longest:
            texts[-1] += "\n" + line
        else:
            texts.append(line)
    return texts


def _mrkdwn(text: str, longest: int) -> dict[str, str]:
    return {"type": "mrkdwn", "text": _cut(text, longest)}


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _slack(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _html(text: str) -> str:
    return html.escape(text, quote=True)
