"""The ledger's figures of the integration layer: order events, leads, places, exchange rates."""

from dataclasses import dataclass

import numpy as np

from lakehouse.marketplace import lead_feed, text
from lakehouse.marketplace.event_feed import topic_partitions
from lakehouse.marketplace.events import Events, event_keys
from lakehouse.marketplace.exchange import CURRENCIES, winning_rates
from lakehouse.marketplace.geography import CITY_STATE, STATES
from lakehouse.marketplace.leads import (
    CONTACTED,
    LEAD_STATUSES,
    LOST,
    QUALIFIED,
    WON,
    Leads,
    leads_by,
    origins_of,
    versions_of,
)
from lakehouse.marketplace.orders import STATUSES
from lakehouse.marketplace.postal_feed import city_texts
from lakehouse.marketplace.postal_points import DEGREE, Points, delivered_on, points_on
from lakehouse.marketplace.streams import I64
from lakehouse.marketplace.tally import (
    CHECKSUM,
    Codes,
    Tally,
    days,
    instant_sums,
    row_sums,
    text_sums,
)
from lakehouse.marketplace.vocabulary import LEAD_ORIGINS
from lakehouse.marketplace.world import DAY, World, day_end


def add_events(world: World, tally: Tally, events: Events, day: int) -> None:
    """The events told up to the end of ``day``, each once."""
    rows = np.flatnonzero((events.again == 0) & (events.sent < day_end(day)))
    order, place = np.unique(events.order_index[rows], return_inverse=True)
    order_sums = text_sums(text.identifiers(world.seed, "order", order))
    key = event_keys(events.order_index[rows], events.event_type[rows])
    tally.add(
        "order_events_by_type",
        {
            "day": days(events.occurred[rows] // DAY),
            "event_type": (events.event_type[rows], STATUSES.__getitem__),
        },
        {
            "events": np.ones(len(rows), dtype=np.int64),
            "event_id": text_sums(text.identifiers(world.seed, "event", key)),
            "order_id": order_sums[place],
            "occurred_at": instant_sums(events.occurred[rows]),
            "recorded_at": instant_sums(events.recorded[rows]),
            "kafka_partition": topic_partitions(events)[rows],
        },
    )


@dataclass(frozen=True, slots=True)
class KnownLeads:
    """Leads of which a version was delivered; status and instant of the newest one."""

    leads: Leads
    status: I64
    updated: I64


def known_leads(world: World, day: int) -> KnownLeads:
    """The leads as delivered up to the end of ``day``."""
    leads = leads_by(world, day)
    versions = versions_of(world, leads)
    told = versions.delivered < day_end(day)
    status = np.full(len(leads.key), -1, dtype=np.int64)
    updated = np.zeros(len(leads.key), dtype=np.int64)
    np.maximum.at(updated, versions.lead[told], versions.updated[told])
    newest = told & (versions.updated == updated[versions.lead])
    status[versions.lead[newest]] = versions.status[newest]
    rows = np.flatnonzero(status >= 0)
    known = Leads(leads.key[rows], leads.steps[:, rows], leads.seller[rows])
    return KnownLeads(known, status[rows], updated[rows])


def add_leads(world: World, day: int, tally: Tally) -> None:
    """Each lead of which a version was delivered, in the newest of the delivered versions."""
    newest = known_leads(world, day)
    known, status, updated = newest.leads, newest.status, newest.updated
    origin = origins_of(world, known, len(LEAD_ORIGINS))
    contacts = lead_feed.contacts(world, known)

    def reached(step: int) -> I64:
        at = known.steps[step]
        return instant_sums(np.where(at <= updated, at, 0))

    grain: dict[str, Codes] = {
        "origin": (origin, LEAD_ORIGINS.__getitem__),
        "lead_status": (status, LEAD_STATUSES.__getitem__),
    }
    contacted = known.steps[CONTACTED] // DAY
    fact = {
        "lead_id": text_sums(text.identifiers(world.seed, "lead", known.key)),
        "seller_id": text_sums(lead_feed.seller_ids(world, known, status == WON)),
        "business_segment": text_sums(lead_feed.segments(world, known)),
        "contact_date_br": contacted,
        "contacted_at": reached(CONTACTED),
        "qualified_at": reached(QUALIFIED),
        "won_at": reached(WON),
        "lost_at": reached(LOST),
    }
    months = contacted.astype("datetime64[D]").astype("datetime64[M]").astype("datetime64[D]")
    derived = {
        "seller_key": fact["seller_id"],
        "contact_month": months.astype(np.int64),
        "is_qualified": (fact["qualified_at"] > 0).astype(np.int64),
        "is_won": (fact["won_at"] > 0).astype(np.int64),
    }
    columns = fact | {
        "landing_page_id": text_sums(lead_feed.landing_pages(world, known)),
        "contact_name": text_sums(contacts.name),
        "contact_email": text_sums(contacts.email),
        "contact_phone": text_sums(contacts.phone),
        "company_cnpj": text_sums(contacts.cnpj),
        "phones_mistyped": _nulls(contacts.phone),
        "cnpjs_mistyped": _nulls(contacts.cnpj),
        "updated_at": instant_sums(updated),
    }
    tally.add_rows("leads_by_status", grain, "leads", columns)
    tally.add_rows("leads_by_status", grain, "leads", fact | derived, table="fct_marketing_leads")


def _nulls(texts: text.Text) -> I64:
    """1 for each null, 0 for each text."""
    nulls: I64 = np.array(texts.is_null(), dtype=np.int64)
    return nulls


@dataclass(frozen=True, slots=True)
class Places:
    """The postal prefixes that were ever delivered, ascending; arrays of one length. state: index
    into STATES; point_count: points inside of Brazil; coordinates in millionths of a degree, 0
    without such points."""

    prefix: I64
    state: I64
    point_count: I64
    latitude: I64
    longitude: I64
    city: text.Text


def known_places(world: World, day: int) -> Places:
    """Places as known at the end of ``day``, each from the last list that has it."""
    lists = [points_on(world, delivered) for delivered in delivered_on(world, day)]
    number = np.concatenate([np.full(len(p.prefix), n) for n, p in enumerate(lists)])
    prefix = np.concatenate([points.prefix for points in lists])
    newest = np.zeros(100_000, dtype=np.int64)
    np.maximum.at(newest, prefix, number)
    places = sorted(
        _place(points, rows)
        for n, points in enumerate(lists)
        for rows in _groups(points.prefix, newest[points.prefix] == n)
    )
    table = np.array([place[:-1] for place in places], dtype=np.int64).reshape(-1, 5)
    names = [place[-1] for place in places]
    prefix, state, point_count, latitude, longitude = table.T
    city = text.words(names, np.arange(len(names), dtype=np.int64))
    return Places(prefix, state, point_count, latitude, longitude, city)


def add_geolocation(places: Places, tally: Tally) -> None:
    """The place of each postal prefix."""
    columns = {
        "zip_code_prefix": text_sums(text.digits(places.prefix, 5)),
        "city": text_sums(places.city),
        "point_count": places.point_count,
        "latitude": places.latitude,
        "longitude": places.longitude,
    }
    tally.add_rows(
        "geolocation_by_state",
        {"state": (places.state, lambda code: STATES[code].code)},
        "prefixes",
        columns,
    )


def add_rates(world: World, day: int, tally: Tally) -> None:
    """The rates of business days, as known at the end of ``day``; in hundred-millionths of BRL."""
    rates = winning_rates(world, day)
    columns = {
        "rate_date": rates.day,
        "rate": rates.rate,
        "updated_at": instant_sums(rates.at),
    }
    tally.add(
        "exchange_rates",
        {"currency": (rates.currency, CURRENCIES.__getitem__)},
        {"rates": np.ones(len(rates.day), dtype=np.int64), **columns, CHECKSUM: row_sums(columns)},
    )


def _groups(prefix: I64, mask: "np.typing.NDArray[np.bool_]") -> list[I64]:
    """The rows of each prefix, of those in the mask; prefixes are sorted."""
    rows = np.flatnonzero(mask)
    if len(rows) == 0:
        return []
    return np.split(rows, np.flatnonzero(np.diff(prefix[rows])) + 1)


def _place(points: Points, rows: I64) -> tuple[int, int, int, int, int, str]:
    """Prefix, state, points inside of Brazil, their median in millionths of a degree (0 without
    points), and the city as most points write it, the smaller text of equally many."""
    inside = rows[points.outside[rows] == 0]
    latitude, longitude = (
        _millionths(int(np.sort(units[inside])[(len(inside) - 1) // 2])) if len(inside) else 0
        for units in (points.latitude, points.longitude)
    )
    texts = city_texts(points.city[rows], points.city_form[rows]).to_pylist()
    city = min(set(texts), key=lambda name: (-texts.count(name), name))
    first = rows[0]
    state = int(CITY_STATE[points.city[first]])
    return int(points.prefix[first]), state, len(inside), latitude, longitude, city


def _millionths(units: int) -> int:
    """Units of a coordinate in millionths of a degree, half away from zero."""
    step = DEGREE // 10**6
    rounded = (abs(units) + step // 2) // step
    return -rounded if units < 0 else rounded
