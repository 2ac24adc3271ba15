"""The accounts as a correct warehouse knows them: versions by day of delivery, and people.

The source shows one state of an account a day; a day on which the account changed (or was first
seen) delivers that state, and a state without postal code is refused at the door.
"""

from dataclasses import dataclass

import numpy as np

from lakehouse.marketplace import people
from lakehouse.marketplace.geography import CITY_STATE
from lakehouse.marketplace.streams import I64, Bools
from lakehouse.marketplace.text import identifier_order
from lakehouse.marketplace.world import DAY, World


@dataclass(frozen=True, slots=True)
class Versions:
    """Accepted versions of accounts, sorted by (account, day of delivery); arrays of one length.

    city, state: index into CITY_NAMES and STATES; prefix: of the postal code; deleted: 0 while
    alive; updated: seconds. ``rejected`` has the day of each version that was refused.
    """

    account: I64
    day: I64
    city: I64
    state: I64
    prefix: I64
    deleted: I64
    updated: I64
    rejected: I64


@dataclass(frozen=True, slots=True)
class People:
    """People by index: the account that the warehouse shows, as a position in the Versions, its
    state (index into STATES), and whether one of their accounts lives."""

    shown: I64
    state: I64
    active: Bools


def versions(world: World, day: int) -> Versions:
    """Every version delivered up to the end of ``day``."""
    accounts = people.accounts_by(world, day)
    events = people.account_events(world, day)
    opened = people.account_opened(world, accounts, day)
    pairs = np.stack(
        [
            np.concatenate([accounts, events.account]),
            np.maximum(np.concatenate([opened, events.at]) // DAY, world.first),
        ]
    )
    order = np.lexsort((pairs[1], pairs[0]))
    account, delivered = pairs[:, order]
    new = np.ones(len(account), dtype=np.bool_)
    new[1:] = (account[1:] != account[:-1]) | (delivered[1:] != delivered[:-1])
    account, delivered = account[new], delivered[new]
    states = people.states_at(world, account, (delivered + 1) * DAY, day)
    good = states.prefix >= 0
    return Versions(
        account=account[good],
        day=delivered[good],
        city=states.city[good],
        state=CITY_STATE[states.city[good]],
        prefix=states.prefix[good],
        deleted=states.deleted[good],
        updated=states.updated[good],
        rejected=delivered[~good],
    )


def current(known: Versions, day: int) -> I64:
    """Positions of each account's last version delivered up to ``day``, in order of accounts."""
    rows = np.flatnonzero(known.day <= day)
    account = known.account[rows]
    last = np.ones(len(rows), dtype=np.bool_)
    last[:-1] = account[1:] != account[:-1]
    return rows[last]


def live_accounts(known: Versions, day: int) -> I64:
    """Positions of the last versions of the accounts not deleted as of the end of ``day``."""
    rows = current(known, day)
    live: I64 = rows[known.deleted[rows] == 0]
    return live


def current_people(world: World, known: Versions, day: int) -> People:
    """Everyone registered by ``day``: the state of the most recently updated account that lives,
    or, when none does, of the most recently updated one."""
    rows = current(known, day)
    account = known.account[rows]
    person = account % people.SECOND
    alive = known.deleted[rows] == 0
    order = np.lexsort(
        (identifier_order(world.seed, "customer", account), known.updated[rows], alive, person)
    )
    person = person[order]
    best = np.ones(len(order), dtype=np.bool_)
    best[:-1] = person[1:] != person[:-1]
    winners = order[best]
    shown = rows[winners]
    return People(shown=shown, state=known.state[shown], active=alive[winners])
