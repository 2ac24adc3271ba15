"""Rows of the customers table, as the order management system shows them."""

import pyarrow as pa
import pyarrow.compute as pc

from lakehouse.marketplace import text
from lakehouse.marketplace.documents import cpf_numbers
from lakehouse.marketplace.geography import CITY_NAMES, CITY_STATE, STATE_CODES
from lakehouse.marketplace.people import SECOND, AccountStates
from lakehouse.marketplace.streams import I64, below, between, chance, draw
from lakehouse.marketplace.vocabulary import AREA_CODES, FAMILY_NAMES, FIRST_NAMES, MAIL_DOMAINS
from lakehouse.marketplace.world import World

COLUMNS = (
    "customer_id",
    "customer_unique_id",
    "customer_name",
    "customer_email",
    "customer_phone",
    "customer_cpf",
    "customer_zip_code_prefix",
    "customer_city",
    "customer_state",
    "created_at",
    "updated_at",
    "deleted_at",
)


def customer_rows(world: World, states: AccountStates) -> pa.Table:
    """One row for each account; all columns are text, null where the source has null."""
    seed, account = world.seed, states.account
    person = account % SECOND
    first = below(draw(seed, "person.first_name", person), len(FIRST_NAMES))
    family = below(draw(seed, "person.family_name", person), len(FAMILY_NAMES))
    other = below(draw(seed, "person.other_name", person), len(FAMILY_NAMES))
    state = CITY_STATE[states.city]
    lower = chance(draw(seed, "account.lower_state", account), world.rates.lower_case_state_ppm)
    codes = [str(code) for code in STATE_CODES]
    return pa.table(
        {
            "customer_id": text.identifiers(seed, "customer", account),
            "customer_unique_id": text.identifiers(seed, "person", person),
            "customer_name": text.join(
                text.words(FIRST_NAMES, first),
                " ",
                text.words(FAMILY_NAMES, family),
                " ",
                text.words(FAMILY_NAMES, other),
            ),
            "customer_email": _mails(world, states, first, family),
            "customer_phone": _phones(world, states, state),
            "customer_cpf": _cpfs(world, person),
            "customer_zip_code_prefix": pc.if_else(
                pa.array(states.prefix < 0),
                pa.scalar(None, pa.string()),
                text.digits(abs(states.prefix), 5),
            ),
            "customer_city": text.words(CITY_NAMES, states.city),
            "customer_state": text.words(
                codes + [code.lower() for code in codes], state + lower * len(codes)
            ),
            "created_at": text.instants(states.opened),
            "updated_at": text.instants(states.updated),
            "deleted_at": text.instants(states.deleted, null=states.deleted == 0),
        }
    )


def _mails(world: World, states: AccountStates, first: I64, family: I64) -> pa.StringArray:
    """``maria.souza417@exemplo.com.br``; one in fifty typed in capitals."""
    key = states.account
    number = below(draw(world.seed, "account.mail_number", key, states.contact), 10_000)
    domain = below(draw(world.seed, "account.mail_domain", key, states.contact), len(MAIL_DOMAINS))
    mails = text.join(
        text.words([text.plain(name) for name in FIRST_NAMES], first),
        ".",
        text.words([text.plain(name) for name in FAMILY_NAMES], family),
        text.numbers(number),
        "@",
        text.words(MAIL_DOMAINS, domain),
    )
    capitals = chance(draw(world.seed, "account.mail_capitals", key), 20_000)
    return pc.if_else(pa.array(capitals), pc.utf8_upper(mails), mails)


def _phones(world: World, states: AccountStates, state: I64) -> pa.StringArray:
    """Mobile numbers in the three forms that people type."""
    key = states.account
    number = between(
        draw(world.seed, "account.phone", key, states.contact), 900_000_000, 999_999_999
    )
    area = text.words(AREA_CODES, state)
    high, low = text.digits(number // 10_000, 5), text.digits(number % 10_000, 4)
    form = below(draw(world.seed, "account.phone_form", key), 3)
    return text.choose(
        form,
        text.join("(", area, ") ", high, "-", low),
        text.join("+55", area, high, low),
        text.join(area, " ", high, low),
    )


def _cpfs(world: World, person: I64) -> pa.StringArray:
    """Half of the numbers with dots and hyphen."""
    number = cpf_numbers(person)
    dotted = text.join(
        text.digits(number // 10**8, 3),
        ".",
        text.digits(number // 10**5 % 1000, 3),
        ".",
        text.digits(number // 100 % 1000, 3),
        "-",
        text.digits(number % 100, 2),
    )
    form = below(draw(world.seed, "person.cpf_form", person), 2)
    return text.choose(form, dotted, text.digits(number, 11))
