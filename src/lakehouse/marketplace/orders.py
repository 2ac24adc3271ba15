"""The life of orders: every instant of their past and future, computed from their index.

An order's timeline is fixed when it is purchased; what the source shows on a day is the timeline
cut at the end of that day. Nothing in it lies later than HORIZON_DAYS after the purchase.
"""

from dataclasses import dataclass

import numpy as np

from lakehouse.marketplace import people
from lakehouse.marketplace.demand import new_people_before
from lakehouse.marketplace.geography import CITY_STATE, DISTANCES_KM, STATE_CODES
from lakehouse.marketplace.purchases import new_people, purchase_days, purchase_instants
from lakehouse.marketplace.streams import I64, Bools, below, between, chance, draw, pick, quantile
from lakehouse.marketplace.world import DAY, World

NEVER = 1 << 50
"""An instant after every other."""

STATUSES = (
    "created",
    "approved",
    "processing",
    "invoiced",
    "shipped",
    "delivered",
    "canceled",
    "unavailable",
)
CREATED, APPROVED, PROCESSING, INVOICED, SHIPPED, DELIVERED, CANCELED, UNAVAILABLE = range(8)

CREDIT_CARD, BOLETO, VOUCHER, DEBIT_CARD, NOT_DEFINED = range(5)
PAYMENT_TYPES = ("credit_card", "boleto", "voucher", "debit_card", "not_defined")

_HANDLING_HOURS = (6, 14, 24, 34, 46, 58, 74, 96, 130, 190, 330)
_DELAY_HOURS = (0, 4, 10, 18, 28, 40, 54, 74, 105, 170, 560)
"""Quantiles of hours beyond the plain transit time."""


@dataclass(frozen=True, slots=True)
class Orders:
    """Orders of some days of purchase; arrays of one length, instants in seconds, NEVER for what
    does not happen. ``steps[i]`` is when status i of STATUSES is reached; ``visible`` is when the
    order management system first shows the order."""

    index: I64
    day: I64
    account: I64
    customer_city: I64
    payment_type: I64
    steps: I64
    visible: I64
    promised: I64
    """First promised day, as the instant of its midnight."""
    postponed: I64
    """Instant at which the promise moves by ``postponed_by`` seconds."""
    postponed_by: I64
    said_first: I64
    """The instant of purchase that the system shows until ``corrected``, and ``said_then``, the one
    after it. One of them is the true one, the other earlier: nothing precedes its purchase."""
    said_then: I64
    corrected: I64
    deleted: I64

    def __len__(self) -> int:
        return len(self.index)


@dataclass(frozen=True, slots=True)
class OrderStates:
    """What the source shows of orders at an instant: only those that it shows at all.

    rows: positions in the Orders that were cut. purchased: as shown, corrected or not. approved,
    shipped, delivered: 0 while not reached; deleted: 0 for live orders. updated: the watermark.
    """

    rows: I64
    status: I64
    purchased: I64
    approved: I64
    shipped: I64
    delivered: I64
    promised: I64
    deleted: I64
    updated: I64


def orders_of(world: World, first: int, last: int, known: int) -> Orders:
    """The orders purchased on the days ``first`` to ``last`` (day numbers, both included).

    ``known`` is a day not before ``last``; it bounds the account events looked at and changes
    nothing in the answer.
    """
    index, day = purchase_days(world, first, last)
    purchased = purchase_instants(world, index, day)
    account = _accounts(world, index, day, purchased, known)
    city = people.addresses_at(world, account, purchased, known)
    payment = pick(draw(world.seed, "order.payment", index), (740, 195, 50, 15))

    approved = purchased + np.where(
        payment == BOLETO,
        between(draw(world.seed, "order.boleto", index), 8 * 3600, 70 * 3600),
        quantile(draw(world.seed, "order.approval", index), (240, 600, 900, 1500, 5400, 86400)),
    )
    processing = approved + between(draw(world.seed, "order.processing", index), 300, 10 * 3600)
    invoiced = processing + between(draw(world.seed, "order.invoiced", index), 600, 20 * 3600)
    handling = quantile(draw(world.seed, "order.handling", index), _HANDLING_HOURS)
    shipped = invoiced + handling * 3600 + below(draw(world.seed, "order.shipped", index), 3600)

    # Parcels leave from the south-east; the route of the items decides the freight, see items.
    transit_hours = 30 + _km_from_sao_paulo(city) // 11
    delay = quantile(draw(world.seed, "order.delay", index), _DELAY_HOURS)
    delivered = (
        shipped
        + (transit_hours + delay) * 3600
        + below(draw(world.seed, "order.delivered", index), 3600)
    )
    slack_days = between(draw(world.seed, "order.slack", index), 8, 16)
    promised = (day + 4 + transit_hours * 14 // 240 + slack_days) * DAY

    steps = np.stack(
        [purchased, approved, processing, invoiced, shipped, delivered]
        + [np.full(len(index), NEVER, dtype=np.int64)] * 2
    )
    _end_some(world, index, steps)

    late = chance(draw(world.seed, "order.late", index), world.rates.late_order_ppm)
    lag = between(draw(world.seed, "order.lag", index), DAY, 30 * DAY - 3600)
    visible = purchased + np.where(late, lag, 0)
    moves = chance(draw(world.seed, "order.postponed", index), world.rates.postponed_ppm)
    wrong = chance(draw(world.seed, "order.wrong", index), world.rates.purchase_correction_ppm)
    wrong_by = between(draw(world.seed, "order.wrong_by", index), 3600, 12 * DAY)
    wrong_at_first = chance(draw(world.seed, "order.wrong_at_first", index), 500_000)
    corrected_after = between(draw(world.seed, "order.corrected_after", index), DAY, 20 * DAY)
    removed = chance(draw(world.seed, "order.deleted", index), world.rates.deleted_order_ppm)
    removed_after = between(draw(world.seed, "order.deleted_after", index), 2 * DAY, 40 * DAY)
    return Orders(
        index=index,
        day=day,
        account=account,
        customer_city=city,
        payment_type=payment,
        steps=steps,
        visible=visible,
        promised=promised,
        postponed=np.where(moves & (steps[SHIPPED] < NEVER), steps[SHIPPED], NEVER),
        postponed_by=between(draw(world.seed, "order.postponed_by", index), 3, 7) * DAY,
        said_first=purchased - np.where(wrong & wrong_at_first, wrong_by, 0),
        said_then=purchased - np.where(wrong & ~wrong_at_first, wrong_by, 0),
        corrected=np.where(wrong, visible + corrected_after, NEVER),
        deleted=np.where(removed, visible + removed_after, NEVER),
    )


def cut(orders: Orders, until: int) -> OrderStates:
    """What the source shows just before the instant ``until``."""
    rows = np.flatnonzero(orders.visible < until)
    steps = orders.steps[:, rows]
    deleted = orders.deleted[rows]
    # Nothing happens to a deleted order.
    limit = np.minimum(until, deleted)
    reached = steps < limit
    status = np.zeros(len(rows), dtype=np.int64)
    last = steps[CREATED].copy()
    for step in range(1, len(STATUSES)):
        status[reached[step]] = step
        last = np.where(reached[step], np.maximum(last, steps[step]), last)
    postponed = orders.postponed[rows] < limit
    corrected = orders.corrected[rows] < limit
    last = np.where(corrected, np.maximum(last, orders.corrected[rows]), last)
    gone = deleted < until
    updated = np.maximum(np.maximum(last, orders.visible[rows]), np.where(gone, deleted, 0))
    return OrderStates(
        rows=rows,
        status=status,
        purchased=np.where(corrected, orders.said_then[rows], orders.said_first[rows]),
        approved=np.where(reached[APPROVED], steps[APPROVED], 0),
        shipped=np.where(reached[SHIPPED], steps[SHIPPED], 0),
        delivered=np.where(reached[DELIVERED], steps[DELIVERED], 0),
        promised=orders.promised[rows] + np.where(postponed, orders.postponed_by[rows], 0),
        deleted=np.where(gone, deleted, 0),
        updated=updated,
    )


def _accounts(world: World, index: I64, day: I64, purchased: I64, known: int) -> I64:
    """The account that places each order: a new person's, or that of someone registered before."""
    if len(index) == 0:
        return index
    legacy = people.legacy_count(world)
    new = new_people(world, index, day)
    pool = legacy + new_people_before(world, int(day.max()))[day - world.start]
    chosen = _existing(world, "order.person", index, pool, purchased, known)
    again = _existing(world, "order.other_person", index, pool, purchased, known)
    deleted = people.deleted_before(world, chosen, purchased, known)
    return np.where(new >= 0, legacy + new, np.where(deleted, again, chosen))


def _existing(world: World, name: str, index: I64, pool: I64, purchased: I64, known: int) -> I64:
    """An account, open at the purchase, of one of the first ``pool`` people."""
    person = below(draw(world.seed, name, index), pool)
    second = people.second_account_opened(world, person, people.opened_by(world, known)[person])
    return person + np.where(second < purchased, people.SECOND, 0)


def _km_from_sao_paulo(city: I64) -> I64:
    sao_paulo = int(np.flatnonzero(STATE_CODES == "SP")[0])
    distances: I64 = DISTANCES_KM[sao_paulo][CITY_STATE[city]]
    return distances


def _end_some(world: World, index: I64, steps: I64) -> None:
    """Ends some orders early, in place: canceled, unavailable, or lost on the way."""
    rates = world.rates
    fate = below(draw(world.seed, "order.fate", index), 1_000_000)
    canceled = fate < rates.canceled_ppm
    unavailable = ~canceled & (fate < rates.canceled_ppm + rates.unavailable_ppm)
    lost = fate >= 1_000_000 - rates.lost_ppm
    # Canceled after being created, approved, processed, invoiced or (rarely) shipped.
    stage = pick(draw(world.seed, "order.canceled_in", index), (35, 30, 15, 15, 5))
    _end(world, index, steps, canceled, stage, CANCELED)
    _end(world, index, steps, unavailable, np.full(len(index), PROCESSING), UNAVAILABLE)
    steps[DELIVERED][lost] = NEVER


def _end(world: World, index: I64, steps: I64, who: Bools, stage: I64, status: int) -> None:
    """Ends the orders ``who`` half-way between the step ``stage`` and the next one."""
    columns = np.arange(len(index))
    here, following = steps[stage, columns], steps[stage + 1, columns]
    at = here + 60 + (following - here) // 2
    steps[status] = np.where(who, at, steps[status])
    for step in range(APPROVED, CANCELED):
        steps[step] = np.where(who & (step > stage), NEVER, steps[step])
