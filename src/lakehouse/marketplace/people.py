"""People, their accounts, and everything that changes an account.

A person has index p from 0; those before ``legacy_count`` registered before the history of orders
starts, the others with their first order, in order of days. Account k of person p is p for the
first and p + SECOND for the second one, which some people open later. All changes are events in
one small table, sorted by (account, instant): the state of an account at an instant is its base
state with the events up to then applied.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from lakehouse.marketplace.demand import new_people_before
from lakehouse.marketplace.geography import customer_cities, prefixes
from lakehouse.marketplace.purchases import new_person_purchases
from lakehouse.marketplace.streams import I64, Bools, IntLike, below, between, chance, draw
from lakehouse.marketplace.world import DAY, World, day_end

LEGACY_AT_SCALE_1 = 6_000
SECOND = 1 << 32
"""Added to a person's index for the second account."""
_NEVER = 1 << 40

MOVE, CONTACT, DELETE = 0, 1, 2
_LEGACY_FROM = 17_045
"""2016-09-01, the day the marketplace opened, unless its history of orders is longer."""


@dataclass(frozen=True, slots=True)
class AccountEvents:
    """Changes of accounts, sorted by (account, at).

    at: seconds. kind: MOVE, CONTACT or DELETE. token: draws of a move's new address or of a new
    contact. malformed: a move entered without postal code.
    """

    account: I64
    at: I64
    kind: I64
    token: I64
    malformed: Bools


def legacy_count(world: World) -> int:
    """People who registered before the history of orders starts."""
    return max(20, round(LEGACY_AT_SCALE_1 * world.scale))


def _legacy_opened(world: World, people: I64) -> I64:
    """Instants before the history; one in twenty in the hour that daylight saving repeats, where
    such an hour lies before the history.

    Daylight saving ended at 00:00 of 2018-02-18 and 2019-02-17, when clocks went back to 23:00 of
    the evening before. No instant lies in the hours that its start skipped, 00:00 to 00:59 of
    2016-10-16, 2017-10-15 and 2018-11-04, as no clock showed them.
    """
    first = max(0, min(_LEGACY_FROM, world.start - 366))
    days = between(draw(world.seed, "person.legacy_day", people), first, world.start - 1)
    seconds = between(draw(world.seed, "person.legacy_time", people), 7 * 3600, DAY - 1)
    twice = chance(draw(world.seed, "person.legacy_twice", people), 50_000)
    nights = np.array([17_579, 17_943], dtype=np.int64)
    night = nights[below(draw(world.seed, "person.legacy_night", people), 2)]
    ambiguous = night * DAY + 23 * 3600 + seconds % 3600
    return np.where(twice & (night < world.start), ambiguous, days * DAY + seconds)


def _registered(world: World, day: int) -> I64:
    """Registration instants of the people who came with an order, up to 20 minutes before it."""
    index, bought = new_person_purchases(world, day)
    before = between(draw(world.seed, "person.registered", index), 60, 1200)
    opened: I64 = np.maximum(bought - before, bought // DAY * DAY)
    return opened


@lru_cache(maxsize=4)
def opened_by(world: World, day: int) -> I64:
    """Instant of registration of every person registered by the end of ``day``."""
    legacy = np.arange(legacy_count(world), dtype=np.int64)
    return np.concatenate([_legacy_opened(world, legacy), _registered(world, day)])


def second_account_opened(world: World, people: I64, opened: I64) -> I64:
    """Instant at which each person opens a second account; far away for most."""
    has = chance(draw(world.seed, "person.second", people), world.rates.second_account_ppm)
    later = between(draw(world.seed, "person.second_after", people), 5 * DAY, 400 * DAY)
    base = np.maximum(opened, (world.start - 1) * DAY)
    return np.where(has, base + later, _NEVER * DAY)


def account_opened(world: World, accounts: I64, day: int) -> I64:
    """Instant at which each account was opened; accounts of people registered by ``day``."""
    people = accounts % SECOND
    opened = opened_by(world, day)[people]
    second = second_account_opened(world, people, opened)
    return np.where(accounts >= SECOND, second, opened)


def accounts_by(world: World, day: int) -> I64:
    """Every account opened by the end of ``day``: first accounts, then second ones."""
    opened = opened_by(world, day)
    people = np.arange(len(opened), dtype=np.int64)
    second = second_account_opened(world, people, opened)
    return np.concatenate([people, people[second < day_end(day)] + SECOND])


@lru_cache(maxsize=4)
def account_events(world: World, day: int) -> AccountEvents:
    """All changes of accounts up to the end of ``day``."""
    days = np.arange(world.start, day + 1, dtype=np.int64)
    people = legacy_count(world) + new_people_before(world, day + 1)[:-1]
    parts = [
        _events(world, "move", MOVE, days, people, world.rates.moves_per_account_year_ppm),
        _events(
            world,
            "contact",
            CONTACT,
            days,
            people,
            world.rates.contact_changes_per_account_year_ppm,
        ),
        _events(world, "delete", DELETE, days, people, world.rates.account_deletions_per_year_ppm),
    ]
    parts.append(_repeats(world, parts[0]))
    parts[0], fixes = _malformed(world, parts[0])
    parts.append(fixes)
    account, at, kind, token, malformed = (
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("account", "at", "kind", "token", "malformed")
    )
    inside = at < day_end(day)
    alive = at <= _deleted_at(account, at, kind)
    keep = inside & alive
    order = np.lexsort((kind[keep], at[keep], account[keep]))
    return AccountEvents(
        account[keep][order],
        at[keep][order],
        kind[keep][order],
        token[keep][order],
        malformed[keep][order],
    )


def _events(
    world: World, name: str, kind: int, days: I64, people: I64, yearly_ppm: int
) -> AccountEvents:
    """Events of one kind: each day a share of the people registered before that day."""
    exact = people * yearly_ppm
    rest = below(draw(world.seed, f"account.{name}.count", days), 365_000_000 // 1000) * 1000
    counts = (exact + rest) // 365_000_000
    day = np.repeat(days, counts)
    index = np.arange(len(day), dtype=np.int64) - np.repeat(np.cumsum(counts) - counts, counts)
    person = below(
        draw(world.seed, f"account.{name}.person", day, index), np.repeat(people, counts)
    )
    seconds = between(draw(world.seed, f"account.{name}.time", day, index), 8 * 3600, 21 * 3600)
    at = day * DAY + seconds
    second = second_account_opened(world, person, _opened_of(world, person, days))
    use_second = (second < day * DAY) & chance(
        draw(world.seed, f"account.{name}.which", day, index), 500_000
    )
    account = person + np.where(use_second, SECOND, 0)
    token = (draw(world.seed, f"account.{name}.token", day, index) >> np.uint64(1)).astype(np.int64)
    none = np.zeros(len(day), dtype=np.bool_)
    return AccountEvents(account, at, np.full(len(day), kind, dtype=np.int64), token, none)


def _opened_of(world: World, people: I64, days: I64) -> I64:
    return opened_by(world, int(days[-1]))[people]


def _repeats(world: World, moves: AccountEvents) -> AccountEvents:
    """Some moves are entered again an hour or two later, with another address."""
    bits = draw(world.seed, "account.move.repeat", moves.account, moves.at)
    again = chance(bits, world.rates.repeated_move_ppm)
    later = between(draw(world.seed, "account.move.repeat_after", moves.at[again]), 600, 7200)
    return AccountEvents(
        moves.account[again],
        moves.at[again] + later,
        moves.kind[again],
        moves.token[again] ^ 0x5DEECE66D,
        moves.malformed[again],
    )


def _malformed(world: World, moves: AccountEvents) -> tuple[AccountEvents, AccountEvents]:
    """Marks some moves as entered without postal code, and the events that put them right."""
    bits = draw(world.seed, "account.move.malformed", moves.account, moves.at)
    bad = chance(bits, world.rates.malformed_move_ppm) & (moves.at >= day_end(world.first))
    after = between(draw(world.seed, "account.move.fixed_after", moves.at[bad]), 1, 3)
    fixes = AccountEvents(
        moves.account[bad],
        (moves.at[bad] // DAY + after) * DAY + 10 * 3600 + moves.at[bad] % 3600,
        moves.kind[bad],
        moves.token[bad],
        np.zeros(int(bad.sum()), dtype=np.bool_),
    )
    marked = AccountEvents(moves.account, moves.at, moves.kind, moves.token, bad)
    return marked, fixes


def _deleted_at(account: I64, at: I64, kind: I64) -> I64:
    """For each event the instant of its account's first deletion, far away without one."""
    deletions = kind == DELETE
    order = np.lexsort((at[deletions], account[deletions]))
    deleted, when = account[deletions][order], at[deletions][order]
    deleted, first = np.unique(deleted, return_index=True)
    when = when[first]
    place = np.searchsorted(deleted, account)
    found = place < len(deleted)
    found[found] = deleted[place[found]] == account[found]
    result = np.full(len(account), _NEVER * DAY, dtype=np.int64)
    result[found] = when[place[found]]
    return result


def deleted_before(world: World, accounts: I64, instants: I64, day: int) -> Bools:
    """Whether each account was deleted before each instant; ``day`` bounds the events."""
    events = account_events(world, day)
    mask = events.kind == DELETE
    _, found = _last_before(events.account[mask], events.at[mask], accounts, instants)
    return found


def base_address(world: World, accounts: I64) -> tuple[I64, I64]:
    """City index and postal prefix with which each account was opened."""
    # A second account has its own address for half of the people who have one.
    own = (accounts >= SECOND) & chance(draw(world.seed, "account.own_address", accounts), 500_000)
    keys = np.where(own, accounts, accounts % SECOND)
    cities = customer_cities(draw(world.seed, "account.city", keys))
    return cities, prefixes(draw(world.seed, "account.prefix", keys), cities)


def moved_address(world: World, tokens: I64) -> tuple[I64, I64]:
    """City index and postal prefix of the moves with these tokens."""
    cities = customer_cities(draw(world.seed, "account.moved_city", tokens))
    return cities, prefixes(draw(world.seed, "account.moved_prefix", tokens), cities)


@dataclass(frozen=True, slots=True)
class AccountStates:
    """What the source shows of accounts at an instant; arrays of one length.

    prefix is -1 while a malformed move stands. deleted is 0 for live accounts. contact is 0 for
    the first e-mail and phone, a token after a change.
    """

    account: I64
    opened: I64
    city: I64
    prefix: I64
    contact: I64
    updated: I64
    deleted: I64


def states_at(
    world: World, accounts: I64, until: IntLike, day: int, events: AccountEvents | None = None
) -> AccountStates:
    """States with the events before ``until`` (exclusive, seconds) applied.

    ``day`` bounds the events looked at: at least the day of ``until``.
    """
    events = events or account_events(world, day)
    limit = np.broadcast_to(np.asarray(until, dtype=np.int64), accounts.shape)
    opened = account_opened(world, accounts, day)
    city, prefix = base_address(world, accounts)
    contact = np.zeros(len(accounts), dtype=np.int64)
    updated = opened.copy()
    deleted = np.zeros(len(accounts), dtype=np.int64)
    for kind in (MOVE, CONTACT, DELETE):
        mask = events.kind == kind
        place, found = _last_before(events.account[mask], events.at[mask], accounts, limit)
        if not found.any():
            continue
        at, token = events.at[mask][place], events.token[mask][place]
        updated[found] = np.maximum(updated[found], at)
        if kind == MOVE:
            new_city, new_prefix = moved_address(world, token)
            city[found] = new_city
            prefix[found] = np.where(events.malformed[mask][place], -1, new_prefix)
        elif kind == CONTACT:
            contact[found] = token
        else:
            deleted[found] = at
    return AccountStates(accounts, opened, city, prefix, contact, updated, deleted)


def _last_before(keys: I64, at: I64, accounts: I64, limit: I64) -> tuple[I64, Bools]:
    """Position of the last event of each account before its limit, for those that have one.

    ``keys`` and ``at`` are sorted by (key, at). Returns positions for the accounts in ``found``.
    """
    found = np.isin(accounts, keys)
    ranks, starts = np.unique(keys, return_index=True)
    which = np.flatnonzero(found)
    # (rank of key, instant) in one integer: instants fit in 36 bits.
    composite = (np.searchsorted(ranks, keys) << 36) + at
    wanted = (np.searchsorted(ranks, accounts[which]) << 36) + limit[which]
    place = np.searchsorted(composite, wanted, side="left") - 1
    own = place >= starts[np.searchsorted(ranks, accounts[which])]
    found[which[~own]] = False
    return place[own], found


def addresses_at(world: World, accounts: I64, instants: I64, day: int) -> I64:
    """City index of each account just before each instant."""
    events = account_events(world, day)
    mask = (events.kind == MOVE) & ~events.malformed
    city, _ = base_address(world, accounts)
    place, found = _last_before(events.account[mask], events.at[mask], accounts, instants)
    if found.any():
        city[found], _ = moved_address(world, events.token[mask][place])
    return city
