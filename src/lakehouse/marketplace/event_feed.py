"""Records of the topic of order events, as lines of JSON.

The topic is written purchase day by purchase day and, within one, in the order of sending: a later
event of one order stands before an earlier one of another.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lakehouse.marketplace import text
from lakehouse.marketplace.defects import copies, with_copies
from lakehouse.marketplace.events import PARTITIONS, Events, event_keys
from lakehouse.marketplace.orders import STATUSES
from lakehouse.marketplace.streams import I64
from lakehouse.marketplace.world import UTC_OFFSET, World

_OFFSETS_A_DAY = 1_000_000_000
"""Offsets grow from day to day and have gaps, as those of a topic with transactions."""


def event_copies(world: World, events: Events) -> I64:
    """The copy that each record has beside it, see ``defects.copies``."""
    key = event_keys(events.order_index, events.event_type)
    return copies(world, "order_events", key, events.again)


def event_order(events: Events) -> I64:
    """Positions of the records in the order in which the topic has them."""
    return np.lexsort(
        (events.again, events.event_type, events.order_index, events.sent, events.day)
    )


def topic_partitions(events: Events) -> I64:
    """The partition of each record."""
    partitions: I64 = events.order_index % PARTITIONS
    return partitions


def topic_offsets(world: World, day: int, partitions: I64, before: I64) -> I64:
    """The offset of each record of a delivery, of which ``before`` were told by partition.

    ``partitions`` are those of the records, in the order of the topic.
    """
    offsets = np.zeros(len(partitions), dtype=np.int64)
    for partition in range(PARTITIONS):
        rows = np.flatnonzero(partitions == partition)
        offsets[rows] = before[partition] + np.arange(len(rows), dtype=np.int64)
    return (day - world.first) * _OFFSETS_A_DAY + offsets


def event_lines(world: World, events: Events, rows: I64, offsets: I64) -> pa.StringArray:
    """One JSON object for each of the records ``rows``, and for their copies."""
    places, kind = with_copies(
        np.arange(len(rows), dtype=np.int64), event_copies(world, events)[rows]
    )
    offsets, rows = offsets[places], rows[places]
    order_index, event_type = events.order_index[rows], events.event_type[rows]
    order = text.join('"', text.identifiers(world.seed, "order", order_index), '"')
    occurred = text.iso_instants(events.occurred[rows] + UTC_OFFSET, "Z")
    lines = text.join(
        '{"event_id":"',
        text.identifiers(world.seed, "event", event_keys(order_index, event_type)),
        '","order_id":',
        pc.if_else(pa.array(kind == 4), "null", order),
        ',"event_type":"',
        text.words([*STATUSES, "teleported"], np.where(kind == 3, len(STATUSES), event_type)),
        '","occurred_at":"',
        pc.if_else(pa.array(kind == 5), "2026-13-45T99:99:99Z", occurred),
        '","recorded_at":"',
        text.iso_instants(events.recorded[rows] + UTC_OFFSET, "Z"),
        '","kafka_partition":',
        text.numbers(order_index % PARTITIONS),
        ',"kafka_offset":',
        text.numbers(offsets),
        "}",
    )
    return pc.if_else(pa.array(kind == 2), pc.utf8_slice_codeunits(lines, 0, 70), lines)
