"""Lines of JSON: the payment gateway's logs and customer service's reviews.

Rows are in the order in which the source tells them; a malformed or repeated copy (see
``defects``) stands right after its good row.
"""

import json
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lakehouse.marketplace import text
from lakehouse.marketplace.defects import copies, with_copies
from lakehouse.marketplace.exchange import BRL, CURRENCIES, UNIT, Quotes
from lakehouse.marketplace.orders import PAYMENT_TYPES
from lakehouse.marketplace.payments import Payments
from lakehouse.marketplace.reviews import Reviews
from lakehouse.marketplace.streams import I64, Bools, below, chance, draw
from lakehouse.marketplace.vocabulary import (
    BAD_MESSAGES,
    BAD_TITLES,
    FAIR_MESSAGES,
    FAIR_TITLES,
    GOOD_MESSAGES,
    GOOD_TITLES,
)
from lakehouse.marketplace.world import UTC_OFFSET, World

MESSAGE_PPM = 420_000
"""Of a million reviews, so many have a message."""


def payment_copies(world: World, payments: Payments) -> I64:
    """The copy that each report has beside it, see ``defects.copies``."""
    return copies(world, "payments", payments.order_index, payments.sequence * 2 + payments.version)


def payment_order(payments: Payments) -> I64:
    """Positions of the reports in the order in which the gateway tells them."""
    return np.lexsort((payments.version, payments.sequence, payments.order_index, payments.at))


def payment_lines(world: World, payments: Payments, rows: I64) -> pa.StringArray:
    """One JSON object for each of the reports ``rows``, and for their copies."""
    rows, kind = with_copies(rows, payment_copies(world, payments)[rows])
    value = payments.value[rows]
    amount = pc.if_else(
        pa.array(kind == 2), '"n/d"', text.money(np.where(kind == 4, -value - 1, value))
    )
    kinds = text.words(PAYMENT_TYPES, payments.payment_type[rows])
    payment_type = pc.if_else(pa.array(kind == 3), "null", text.join('"', kinds, '"'))
    key = payments.order_index[rows] * 4 + payments.sequence[rows]
    bits = draw(world.seed, "payment.unnamed", key)
    unnamed = (payments.currency[rows] == BRL) & chance(bits, world.rates.unnamed_currency_ppm)
    codes = text.words(
        [*CURRENCIES, "reais"], np.where(kind == 5, len(CURRENCIES), payments.currency[rows])
    )
    currency = pc.if_else(pa.array(unnamed & (kind != 5)), "null", text.join('"', codes, '"'))
    return text.join(
        '{"order_id":"',
        text.identifiers(world.seed, "order", payments.order_index[rows]),
        '","payment_sequential":',
        text.numbers(payments.sequence[rows]),
        ',"payment_type":',
        payment_type,
        ',"payment_installments":',
        text.numbers(payments.installments[rows]),
        ',"payment_value":',
        amount,
        ',"currency":',
        currency,
        ',"updated_at":"',
        text.iso_instants(payments.at[rows] + UTC_OFFSET, "Z"),
        '"}',
    )


def rate_copies(world: World, quotes: Quotes) -> I64:
    """The copy that each report has beside it, see ``defects.copies``."""
    return copies(world, "exchange_rates", quotes.currency, quotes.day, quotes.version)


def rate_lines(world: World, quotes: Quotes) -> pa.StringArray:
    """One JSON object for each of the reports, and for their copies."""
    rows, kind = with_copies(np.arange(len(quotes.day), dtype=np.int64), rate_copies(world, quotes))
    rate = quotes.rate[rows]
    shown = text.join(text.numbers(rate // UNIT), ".", text.digits(rate % UNIT, 8))
    currency = text.join('"', text.words(CURRENCIES, quotes.currency[rows]), '"')
    return text.join(
        '{"currency":',
        pc.if_else(pa.array(kind == 3), "null", currency),
        ',"rate_date":"',
        text.days(quotes.day[rows]),
        '","brl_per_unit":',
        text.choose(np.select([kind == 2, kind == 4], [1, 2], 0), shown, '"n/d"', "0"),
        ',"updated_at":"',
        text.iso_instants(quotes.at[rows] + UTC_OFFSET, "Z"),
        '"}',
    )


def review_copies(world: World, reviews: Reviews) -> I64:
    """The copy that each review has beside it, see ``defects.copies``."""
    return copies(world, "reviews", reviews.order_index, reviews.number * 2 + reviews.version)


def review_order(reviews: Reviews) -> I64:
    """Positions of the reviews in the order in which customer service writes them."""
    return np.lexsort((reviews.version, reviews.number, reviews.order_index, reviews.delivered))


def review_lines(world: World, reviews: Reviews, rows: I64) -> pa.StringArray:
    """One JSON object for each of the reviews ``rows``, and for their copies."""
    rows, kind = with_copies(rows, review_copies(world, reviews)[rows])
    key = reviews.order_index[rows] * 2 + reviews.number[rows]
    unknown = reviews.answered[rows] == 0
    answered = pc.if_else(
        pa.array(unknown),
        "null",
        text.join('"', text.iso_instants(reviews.answered[rows], "-03:00"), '"'),
    )
    lines = text.join(
        '{"review_id":"',
        text.identifiers(world.seed, "review", key),
        '","order":{"id":',
        pc.if_else(
            pa.array(kind == 4),
            "null",
            text.join('"', text.identifiers(world.seed, "order", reviews.order_index[rows]), '"'),
        ),
        '},"score":',
        text.choose(
            np.select([kind == 3, kind == 6], [1, 2], 0),
            text.numbers(reviews.score[rows]),
            '"cinco"',
            text.numbers(reviews.score[rows] + 5),
        ),
        ',"comment":{"title":',
        _words(world, "title", reviews, rows, 130_000, (BAD_TITLES, FAIR_TITLES, GOOD_TITLES)),
        ',"message":',
        _words(
            world,
            "message",
            reviews,
            rows,
            MESSAGE_PPM,
            (BAD_MESSAGES, FAIR_MESSAGES, GOOD_MESSAGES),
        ),
        '},"created_at":',
        pc.if_else(
            pa.array(kind == 5),
            '"2026-13-45T99:99:99"',
            text.join('"', text.iso_instants(reviews.created[rows], "-03:00"), '"'),
        ),
        ',"answered_at":',
        answered,
        "}",
    )
    return pc.if_else(pa.array(kind == 2), pc.utf8_slice_codeunits(lines, 0, 70), lines)


def has_message(world: World, reviews: Reviews, rows: I64) -> Bools:
    """Whether the buyers wrote a message, in these versions of reviews."""
    return _is_written(world, "message", reviews, rows, MESSAGE_PPM)


def _is_written(world: World, name: str, reviews: Reviews, rows: I64, share_ppm: int) -> Bools:
    return chance(draw(world.seed, f"review.{name}", _text_keys(reviews, rows)), share_ppm)


def _text_keys(reviews: Reviews, rows: I64) -> I64:
    return reviews.order_index[rows] * 4 + reviews.number[rows] * 2 + reviews.version[rows]


def _words(
    world: World,
    name: str,
    reviews: Reviews,
    rows: I64,
    share_ppm: int,
    vocabularies: Sequence[Sequence[str]],
) -> pa.StringArray:
    """JSON strings that fit the score, null where the buyer wrote nothing."""
    key = _text_keys(reviews, rows)
    written = _is_written(world, name, reviews, rows, share_ppm)
    mood = np.select([reviews.score[rows] <= 2, reviews.score[rows] == 3], [0, 1], 2)
    sizes = np.array([len(words) for words in vocabularies], dtype=np.int64)
    starts = np.cumsum(sizes) - sizes
    every = [json.dumps(word, ensure_ascii=False) for words in vocabularies for word in words]
    index = starts[mood] + below(draw(world.seed, f"review.{name}_words", key), sizes[mood])
    return text.words([*every, "null"], np.where(written, index, len(every)))
