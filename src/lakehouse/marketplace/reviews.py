"""What buyers write: scores that follow the delivery, edits, second reviews, late deliveries."""

from dataclasses import dataclass

import numpy as np

from lakehouse.marketplace.orders import CANCELED, DELIVERED, NEVER, UNAVAILABLE, Orders
from lakehouse.marketplace.streams import I64, between, chance, draw, pick, quantile
from lakehouse.marketplace.world import DAY, World

_SCORES = np.array(
    [
        # 1, 2, 3, 4, 5 stars
        (60, 28, 82, 200, 630),  # in time
        (160, 60, 140, 230, 410),  # one to three days late
        (460, 100, 130, 120, 190),  # later
        (680, 90, 90, 60, 80),  # never delivered
    ],
    dtype=np.int64,
)
_ANSWER_HOURS = (1, 8, 16, 24, 36, 50, 74, 110)


@dataclass(frozen=True, slots=True)
class Reviews:
    """Reviews and their edits, in no order; arrays of one length. order: position in the Orders;
    number: 0, or 1 for a second review; version: 0, or 1 for an edit. created: midnight of the day
    the survey was sent; answered: 0 when unknown; delivered: when customer service has it in its
    file."""

    order: I64
    order_index: I64
    number: I64
    version: I64
    score: I64
    created: I64
    answered: I64
    delivered: I64


def reviews_of(world: World, orders: Orders) -> Reviews:
    """All reviews of the orders."""
    seed, rates = world.seed, world.rates
    index = orders.index
    arrived = orders.steps[DELIVERED]
    ended = np.minimum(orders.steps[CANCELED], orders.steps[UNAVAILABLE])
    promised = orders.promised + np.where(orders.postponed < NEVER, orders.postponed_by, 0)
    known = np.where(
        arrived < NEVER, arrived + DAY, np.where(ended < NEVER, ended + 3 * DAY, promised + 2 * DAY)
    )
    share = np.where(arrived < NEVER, 970_000, np.where(ended < NEVER, 750_000, 600_000))
    has = chance(draw(seed, "review.has", index), share) & (known < orders.deleted)
    late_days = arrived // DAY - promised // DAY
    mood = np.where(
        arrived >= NEVER, 3, np.where(late_days <= 0, 0, np.where(late_days <= 3, 1, 2))
    )

    first = np.flatnonzero(has)
    twice = has & chance(draw(seed, "review.second", index), rates.second_review_ppm)
    second = np.flatnonzero(twice)
    order = np.concatenate([first, second])
    number = np.concatenate([np.zeros(len(first)), np.ones(len(second))]).astype(np.int64)
    key = index[order] * 2 + number
    created = (known[order] // DAY + 7 * number) * DAY
    hours = quantile(draw(seed, "review.hours", key), _ANSWER_HOURS)
    answered = created + hours * 3600 + between(draw(seed, "review.second_of", key), 0, 3599)
    late = chance(draw(seed, "review.late", key), rates.late_review_ppm)
    lag = between(draw(seed, "review.lag", key), DAY, 30 * DAY - 3600)
    delivered = np.maximum(answered, orders.visible[order]) + np.where(late, lag, 0)
    phoned = chance(draw(seed, "review.phoned", key), rates.unanswered_time_ppm)
    score = _scores(world, "review.score", key, mood[order])

    edited = np.flatnonzero(chance(draw(seed, "review.edited", key), rates.review_edit_ppm))
    soon = chance(draw(seed, "review.edited_soon", key), 400_000)
    after = between(draw(seed, "review.edited_after", key), 600, np.where(soon, 7200, 10 * DAY))
    return Reviews(
        order=np.concatenate([order, order[edited]]),
        order_index=index[np.concatenate([order, order[edited]])],
        number=np.concatenate([number, number[edited]]),
        version=np.concatenate([np.zeros(len(order)), np.ones(len(edited))]).astype(np.int64),
        score=np.concatenate(
            [score, _scores(world, "review.new_score", key[edited], mood[order][edited])]
        ),
        created=np.concatenate([created, created[edited]]),
        answered=np.concatenate([np.where(phoned, 0, answered), (answered + after)[edited]]),
        delivered=np.concatenate([delivered, (delivered + after)[edited]]),
    )


def _scores(world: World, name: str, key: I64, mood: I64) -> I64:
    """Scores of 1 to 5, by mood (a row of _SCORES)."""
    bits = draw(world.seed, name, key)
    by_mood = np.stack([pick(bits, row) for row in _SCORES])
    scores: I64 = by_mood[mood, np.arange(len(key))] + 1
    return scores
