"""Leads of marketing: companies that may sell on the marketplace, from first contact to the end.

Most sellers who join come from a lead that was won one to three days before; the other leads are
lost, or wait. A lead is told anew each time it changes.
"""

from dataclasses import dataclass

import numpy as np

from lakehouse.marketplace.catalogue import joined_count, joined_on
from lakehouse.marketplace.orders import NEVER
from lakehouse.marketplace.streams import I64, below, between, chance, draw
from lakehouse.marketplace.world import DAY, HISTORY_DAYS, World, day_end

LEADS_AT_SCALE_1 = 7_000
"""Leads of the history that do not become sellers."""
LEAST_LEADS = 365
WON_PPM = 800_000
"""Sellers who come from a lead, of those who join after the start of the history."""
LONGEST_DAYS = 40
"""Days between the first contact and the day on which the seller joins, at most."""
NO_SELLER = -1

CONTACTED, QUALIFIED, WON, LOST = range(4)
LEAD_STATUSES = ("contacted", "qualified", "won", "lost")


@dataclass(frozen=True, slots=True)
class Leads:
    """Leads; arrays of one length, instants in seconds. ``steps[i]`` is when status i of
    LEAD_STATUSES is reached, NEVER when it is not; seller: index, or NO_SELLER."""

    key: I64
    steps: I64
    seller: I64


@dataclass(frozen=True, slots=True)
class LeadVersions:
    """Deliveries of versions of leads, in no order; arrays of one length. lead: position in the
    Leads; status: the one that this version is about; again: 1 when it is delivered a second
    time; updated: when the lead changed; delivered: when marketing exports it."""

    lead: I64
    status: I64
    again: I64
    updated: I64
    delivered: I64


def leads_by(world: World, day: int) -> Leads:
    """All leads contacted by the end of ``day``, with their whole future."""
    won, other = _won(world, day), _other(world, day)
    return Leads(
        key=np.concatenate([won.key, other.key]),
        steps=np.concatenate([won.steps, other.steps], axis=1),
        seller=np.concatenate([won.seller, other.seller]),
    )


def _won(world: World, day: int) -> Leads:
    seed = world.seed
    known = int(joined_count(world, "seller", world.start))
    joining = int(joined_count(world, "seller", day + LONGEST_DAYS))
    seller = np.arange(known, max(known, joining), dtype=np.int64)
    seller = seller[chance(draw(seed, "lead.seller", seller), WON_PPM)]
    won = (
        joined_on(world, "seller", seller) - between(draw(seed, "lead.won_before", seller), 1, 3)
    ) * DAY + between(draw(seed, "lead.won_time", seller), 9 * 3600, 18 * 3600)
    qualified = won - between(draw(seed, "lead.won_after", seller), DAY, 28 * DAY)
    contacted = qualified - between(draw(seed, "lead.qualified_after", seller), 3600, 7 * DAY)
    never = np.full(len(seller), NEVER, dtype=np.int64)
    known_by = contacted < day_end(day)
    steps = np.stack([contacted, qualified, won, never])[:, known_by]
    return Leads(seller[known_by] * 2, steps, seller[known_by])


def _other(world: World, day: int) -> Leads:
    seed = world.seed
    full = max(LEAST_LEADS, round(LEADS_AT_SCALE_1 * world.scale))
    count = -(-full * (day - world.start + 1) // HISTORY_DAYS)
    lead = np.arange(count, dtype=np.int64)
    first_day = world.start + lead * HISTORY_DAYS // full
    contacted = first_day * DAY + between(draw(seed, "lead.time", lead), 8 * 3600, 20 * 3600)
    is_good = chance(draw(seed, "lead.is_good", lead), 500_000)
    after = between(draw(seed, "lead.good_after", lead), 3600, 7 * DAY)
    qualified = np.where(is_good, contacted + after, NEVER)
    is_lost = chance(draw(seed, "lead.is_lost", lead), np.where(is_good, 700_000, 500_000))
    until = between(draw(seed, "lead.lost_after", lead), DAY, 60 * DAY)
    lost = np.where(is_lost, np.where(is_good, contacted + after, contacted) + until, NEVER)
    never = np.full(len(lead), NEVER, dtype=np.int64)
    return Leads(
        lead * 2 + 1,
        np.stack([contacted, qualified, never, lost]),
        np.full(len(lead), NO_SELLER, dtype=np.int64),
    )


def versions_of(world: World, leads: Leads) -> LeadVersions:
    """All deliveries of all versions of the leads."""
    seed, rates = world.seed, world.rates
    lead, status = np.nonzero((leads.steps < NEVER).T)
    updated = leads.steps[status, lead]
    key = leads.key[lead] * len(LEAD_STATUSES) + status
    late = chance(draw(seed, "lead.late", key), rates.late_lead_ppm)
    lag = between(draw(seed, "lead.late_by", key), DAY, 5 * DAY)
    delivered = updated + np.where(late, lag, 0)
    again = chance(draw(seed, "lead.again", key), rates.repeated_lead_ppm)
    # The first export has the whole history, and each version once.
    twice = np.flatnonzero(again & (delivered >= world.first * DAY))
    none, one = np.zeros(len(lead), dtype=np.int64), np.ones(len(twice), dtype=np.int64)
    return LeadVersions(
        lead=np.concatenate([lead, lead[twice]]),
        status=np.concatenate([status, status[twice]]),
        again=np.concatenate([none, one]),
        updated=np.concatenate([updated, updated[twice]]),
        delivered=np.concatenate([delivered, delivered[twice] + DAY]),
    )


def origins_of(world: World, leads: Leads, count: int) -> I64:
    """Where each lead came from: index into a list of ``count`` origins, frequent ones first."""
    bits = draw(world.seed, "lead.origin", leads.key)
    return below(bits, below(draw(world.seed, "lead.origin_rank", leads.key), count) + 1)
