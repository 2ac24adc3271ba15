"""Marketing's daily export: a Parquet file of the versions of leads.

Contacts stand in it as people typed them: mail in capitals, phones in six forms, company numbers
with and without punctuation, some of them mistyped. Columns are text but for the instants, which
are UTC.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lakehouse.marketplace import text
from lakehouse.marketplace.defects import copies, with_copies
from lakehouse.marketplace.documents import cnpj_numbers
from lakehouse.marketplace.leads import (
    CONTACTED,
    LEAD_STATUSES,
    LOST,
    NO_SELLER,
    QUALIFIED,
    WON,
    Leads,
    LeadVersions,
    origins_of,
)
from lakehouse.marketplace.streams import I64, Bools, below, between, chance, draw
from lakehouse.marketplace.vocabulary import (
    AREA_CODES,
    CATEGORIES,
    FAMILY_NAMES,
    FIRST_NAMES,
    LEAD_ORIGINS,
    MAIL_DOMAINS,
)
from lakehouse.marketplace.world import UTC_OFFSET, World

LANDING_PAGES = 40
_DEFECT_STATUS, _DEFECT_LEAD = 2, 3
_PHONE_FORMS = 6


@dataclass(frozen=True, slots=True)
class Contacts:
    """Who a lead is, in standard form: what the warehouse must say. phone and cnpj are null where
    what was typed is none."""

    name: text.Text
    email: text.Text
    phone: text.Text
    cnpj: text.Text


def lead_copies(world: World, leads: Leads, versions: LeadVersions) -> I64:
    """The copy that each delivered version has beside it, see ``defects.copies``."""
    key = leads.key[versions.lead] * len(LEAD_STATUSES) + versions.status
    return copies(world, "marketing_leads", key, versions.again)


def lead_order(leads: Leads, versions: LeadVersions) -> I64:
    """Positions of the versions in the order of the export."""
    return np.lexsort((versions.again, versions.status, leads.key[versions.lead]))


def lead_rows(world: World, leads: Leads, versions: LeadVersions, rows: I64) -> pa.Table:
    """One row for each of the versions ``rows``, and for their copies."""
    rows, kind = with_copies(rows, lead_copies(world, leads, versions)[rows])
    lead, status, updated = versions.lead[rows], versions.status[rows], versions.updated[rows]
    own = Leads(leads.key[lead], leads.steps[:, lead], leads.seller[lead])
    return pa.table(
        {
            "lead_id": _unless(kind == _DEFECT_LEAD, text.identifiers(world.seed, "lead", own.key)),
            "contacted_at": _instants(own.steps[CONTACTED], updated),
            "origin": text.words(LEAD_ORIGINS, origins_of(world, own, len(LEAD_ORIGINS))),
            "landing_page_id": landing_pages(world, own),
            "business_segment": segments(world, own),
            **_typed(world, own),
            "lead_status": text.words(
                [*LEAD_STATUSES, "sleeping"],
                np.where(kind == _DEFECT_STATUS, len(LEAD_STATUSES), status),
            ),
            "seller_id": seller_ids(world, own, status == WON),
            "qualified_at": _instants(own.steps[QUALIFIED], updated),
            "won_at": _instants(own.steps[WON], updated),
            "lost_at": _instants(own.steps[LOST], updated),
            "updated_at": _instants(updated, updated),
        }
    )


def landing_pages(world: World, leads: Leads) -> text.Text:
    """The page on which each lead left its address."""
    page = below(draw(world.seed, "lead.page", leads.key), LANDING_PAGES)
    return text.identifiers(world.seed, "landing_page", page)


def segments(world: World, leads: Leads) -> text.Text:
    """What each company sells: a category of the catalogue."""
    names = [name for name, _, _, _ in CATEGORIES]
    return text.words(names, below(draw(world.seed, "lead.segment", leads.key), len(names)))


def seller_ids(world: World, leads: Leads, is_won: Bools) -> text.Text:
    """The seller that each lead became, null where it did not."""
    known = np.maximum(leads.seller, 0)
    is_seller = is_won & (leads.seller != NO_SELLER)
    return _unless(~is_seller, text.identifiers(world.seed, "seller", known))


def contacts(world: World, leads: Leads) -> Contacts:
    """The leads' contacts in standard form."""
    area, number, is_mobile = _phone_numbers(world, leads)
    phone = text.join("+55", area, text.choose(is_mobile.astype(np.int64), *_plain(number)))
    return Contacts(
        _names(world, leads),
        _mails(world, leads),
        _unless(_is_mistyped(world, leads, "phone", world.rates.mistyped_phone_ppm), phone),
        _unless(
            _is_mistyped(world, leads, "cnpj", world.rates.mistyped_cnpj_ppm),
            text.digits(_company_numbers(world, leads), 14),
        ),
    )


def _typed(world: World, leads: Leads) -> dict[str, text.Text]:
    """The contacts as people typed them."""
    seed, key = world.seed, leads.key
    mails = _mails(world, leads)
    return {
        "contact_name": _names(world, leads),
        "contact_email": text.choose(
            below(draw(seed, "lead.mail_form", key), 12) // 10,
            mails,
            text.join(" ", pc.utf8_upper(mails)),
        ),
        "contact_phone": _typed_phones(world, leads),
        "company_cnpj": _typed_cnpjs(world, leads),
    }


def _names(world: World, leads: Leads) -> text.Text:
    first, family = _people(world, leads)
    return text.join(text.words(FIRST_NAMES, first), " ", text.words(FAMILY_NAMES, family))


def _people(world: World, leads: Leads) -> tuple[I64, I64]:
    first = below(draw(world.seed, "lead.first_name", leads.key), len(FIRST_NAMES))
    return first, below(draw(world.seed, "lead.family_name", leads.key), len(FAMILY_NAMES))


def _mails(world: World, leads: Leads) -> text.Text:
    first, family = _people(world, leads)
    domain = below(draw(world.seed, "lead.mail_domain", leads.key), len(MAIL_DOMAINS))
    return text.join(
        text.words([text.plain(name) for name in FIRST_NAMES], first),
        ".",
        text.words([text.plain(name) for name in FAMILY_NAMES], family),
        "@",
        text.words(MAIL_DOMAINS, domain),
    )


def _phone_numbers(world: World, leads: Leads) -> tuple[text.Text, I64, Bools]:
    """Area code; number, of nine digits for mobiles and eight for others; whether it is mobile."""
    seed, key = world.seed, leads.key
    area = text.words(AREA_CODES, below(draw(seed, "lead.area", key), len(AREA_CODES)))
    is_mobile = chance(draw(seed, "lead.mobile", key), 700_000)
    number = between(
        draw(seed, "lead.phone", key),
        np.where(is_mobile, 910_000_000, 20_000_000),
        np.where(is_mobile, 999_999_999, 59_999_999),
    )
    return area, number, is_mobile


def _plain(number: I64) -> tuple[text.Text, text.Text]:
    """The number with eight and with nine digits."""
    return text.digits(number % 10**8, 8), text.digits(number, 9)


def _typed_phones(world: World, leads: Leads) -> text.Text:
    area, number, is_mobile = _phone_numbers(world, leads)
    plain = text.choose(is_mobile.astype(np.int64), *_plain(number))
    parted = text.choose(
        is_mobile.astype(np.int64),
        text.join(text.digits(number // 10_000 % 10_000, 4), "-", text.digits(number % 10_000, 4)),
        text.join(text.digits(number // 10_000, 5), "-", text.digits(number % 10_000, 4)),
    )
    forms = (
        text.join("(", area, ") ", parted),
        text.join("+55", area, plain),
        text.join("0", area, " ", parted),
        text.join("0055 ", area, " ", plain),
        text.join("+55 (0", area, ") ", parted),
        text.join(area, plain),
    )
    form = below(draw(world.seed, "lead.phone_form", leads.key), _PHONE_FORMS)
    wrong = _is_mistyped(world, leads, "phone", world.rates.mistyped_phone_ppm)
    return text.choose(np.where(wrong, _PHONE_FORMS, form), *forms, text.join("ramal ", area))


def _company_numbers(world: World, leads: Leads) -> I64:
    """Of a seller the number that the catalogue has; of others one of the same range."""
    other = below(draw(world.seed, "lead.company", leads.key), 100_000)
    return cnpj_numbers(np.where(leads.seller != NO_SELLER, leads.seller, other))


def _typed_cnpjs(world: World, leads: Leads) -> text.Text:
    number = _company_numbers(world, leads)
    wrong = _is_mistyped(world, leads, "cnpj", world.rates.mistyped_cnpj_ppm)
    number = np.where(wrong, number // 10 * 10 + (number + 1) % 10, number)
    dotted = text.join(
        text.digits(number // 10**12, 2),
        ".",
        text.digits(number // 10**9 % 1000, 3),
        ".",
        text.digits(number // 10**6 % 1000, 3),
        "/",
        text.digits(number // 100 % 10_000, 4),
        "-",
        text.digits(number % 100, 2),
    )
    form = below(draw(world.seed, "lead.cnpj_form", leads.key), 2)
    return text.choose(form, dotted, text.digits(number, 14))


def _is_mistyped(world: World, leads: Leads, what: str, share_ppm: int) -> Bools:
    return chance(draw(world.seed, f"lead.mistyped_{what}", leads.key), share_ppm)


def _unless(mask: Bools, values: text.Text) -> text.Text:
    """The values, null where the mask is true."""
    return pc.if_else(pa.array(mask), pa.scalar(None, pa.string()), values)


def _instants(wall: I64, limit: I64) -> pa.Array:
    """Instants in UTC, null where they lie after the limit."""
    later = wall > limit
    millis = np.where(later, 0, wall + UTC_OFFSET) * 1000
    return pa.array(millis, pa.timestamp("ms", "UTC"), mask=later)
