"""The one template: what a message says, whatever the channel that lays it out.

A message is plain data. Who renders it adds no words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from lakehouse.orchestration.notifications.event import RANK, Event
from lakehouse.orchestration.notifications.incident import Incident
from lakehouse.orchestration.notifications.texts import TEXTS, Language

Tone = Literal["bad", "late", "good"]
_Texts = Mapping[str, str]

MOST_ITEMS = 40


@dataclass(frozen=True, slots=True)
class Item:
    """A line of a message: what, what became of it, why, and where its log is ("" for none)."""

    name: str
    outcome: str
    error: str
    log_url: str


@dataclass(frozen=True, slots=True)
class Message:
    """What is told. `facts` are (label, value); `more` counts what no item shows, in words.

    `runbook` is (label, address), "" where there is no page.
    """

    tone: Tone
    title: str
    facts: tuple[tuple[str, str], ...]
    items: tuple[Item, ...]
    more: str
    log_label: str
    runbook: tuple[str, str]


def compose(incident: Incident, language: Language, *, environment: str, docs_url: str) -> Message:
    """Say what is pending of an incident; `docs_url` is the folder that holds the languages."""
    texts = TEXTS[language]
    events = _worth_saying(incident.pending)
    lead = max(events, key=lambda event: RANK[event.kind])
    lines = [event for event in events if event.kind != "recovery"]
    shown = lines[:MOST_ITEMS]
    hidden = len(lines) - len(shown) + incident.overflow
    page = lead.runbook if lead.kind != "recovery" or not lines else lines[-1].runbook
    return Message(
        tone=_tone(lead),
        title=_title(incident, lead, lines, texts),
        facts=tuple(_facts(incident, events, environment, texts)),
        items=tuple(_item(event, texts) for event in shown),
        more=texts["more"].format(count=hidden) if hidden else "",
        log_label=texts["log"],
        runbook=(texts["runbook"], f"{docs_url.rstrip('/')}/{language}/{page}" if page else ""),
    )


def _worth_saying(pending: Sequence[Event]) -> list[Event]:
    """Without what another event says better: a run whose tasks failed, a retry that failed too."""
    failed = [event for event in pending if event.kind == "failure" and event.task_id]
    runs = {(event.dag_id, event.run_id) for event in failed}
    tasks = {(event.dag_id, event.run_id, event.task_id, event.map_index) for event in failed}
    said = []
    for event in pending:
        is_run = event.kind == "failure" and not event.task_id
        task = (event.dag_id, event.run_id, event.task_id, event.map_index)
        if is_run and (event.dag_id, event.run_id) in runs:
            continue
        if event.kind == "retry" and task in tasks:
            continue
        said.append(event)
    return said


def _tone(lead: Event) -> Tone:
    if lead.kind == "recovery":
        return "good"
    return "late" if lead.kind in ("retry", "deadline") else "bad"


def _title(incident: Incident, lead: Event, lines: Sequence[Event], texts: _Texts) -> str:
    of, _, name = incident.key.partition(".")
    count = sum(event.kind == lead.kind for event in lines) + incident.overflow
    tasks = texts["tasks.one"] if count == 1 else texts["tasks"].format(count=count)
    key = f"title.{lead.kind}"
    has_tasks = any(event.task_id for event in lines if event.kind == lead.kind)
    of_what = "run" if of == "dag" and not has_tasks else of
    template = texts.get(f"{key}.{of_what}", texts[key])
    subject = texts[f"subject.{of}"].format(name=name)
    title = template.format(subject=subject, count=tasks)
    title = title[0].upper() + title[1:]
    if incident.told_at is None or incident.since is None:
        return title
    return texts["title.more"].format(title=title, since=f"{incident.since:%Y-%m-%d %H:%M} UTC")


def _facts(
    incident: Incident, events: Sequence[Event], environment: str, texts: _Texts
) -> Iterable[tuple[str, str]]:
    yield texts["environment"], environment
    yield from _fact(texts["owner"], (event.owner for event in events))
    runs = (f"{event.dag_id} {event.run_id}" for event in events if event.run_id)
    yield from _fact(texts["run"], runs)
    kinds = Counter(event.error_kind for event in events if event.error_kind)
    named = (texts[f"kind.{kind}"] for kind in kinds)
    yield from _fact(texts["error_kind"], named)
    if incident.told_count:
        yield texts["told_before"], str(incident.told_count)


def _fact(label: str, values: Iterable[str]) -> Iterable[tuple[str, str]]:
    found = list(dict.fromkeys(filter(None, values)))
    if found:
        shown = found[:5]
        yield label, ", ".join(shown) + (f" … (+{len(found) - 5})" if len(found) > 5 else "")


def _item(event: Event, texts: _Texts) -> Item:
    outcome = texts[f"event.{event.kind}"].format(try_number=event.try_number)
    of_source = event.incident.partition(".")[2]
    return Item(
        event.name if event.kind != "open" else of_source, outcome, event.error, event.log_url
    )
