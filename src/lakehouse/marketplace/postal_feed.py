"""The postal service's file: CSV with semicolons and decimal commas, to be saved as ISO 8859-1."""

import numpy as np
import pyarrow as pa

from lakehouse.marketplace import text
from lakehouse.marketplace.defects import copies, with_copies
from lakehouse.marketplace.geography import CITY_NAMES, CITY_STATE, STATES
from lakehouse.marketplace.postal_points import DEGREE, Points, points_on
from lakehouse.marketplace.streams import I64
from lakehouse.marketplace.world import World

ENCODING = "iso-8859-1"
GEOLOCATION_COLUMNS = (
    "geolocation_zip_code_prefix",
    "geolocation_lat",
    "geolocation_lng",
    "geolocation_city",
    "geolocation_state",
)


def point_copies(world: World, day: int, points: Points) -> I64:
    """The copy that each point of that day's file has beside it, see ``defects.copies``."""
    return copies(world, "geolocation", points.prefix, points.number, day)


def postal_file(world: World, day: int) -> str:
    """The whole file of that day."""
    points = points_on(world, day)
    places = np.arange(len(points.prefix), dtype=np.int64)
    rows, kind = with_copies(places, point_copies(world, day, points))
    states = text.words([s.code for s in STATES], CITY_STATE[points.city[rows]])
    lines = text.between(
        ";",
        # Prefixes are numbers there, without leading zeros.
        text.numbers(points.prefix[rows]),
        text.choose(np.where(kind == 2, 1, 0), _degrees(points.latitude[rows]), "s/n"),
        _degrees(points.longitude[rows]),
        city_texts(points.city[rows], points.city_form[rows]),
        text.choose(np.where(kind == 3, 1, 0), states, ""),
    )
    lines = text.choose(np.where(kind == 4, 1, 0), lines, text.join(lines, ";BR"))
    return "\n".join([";".join(GEOLOCATION_COLUMNS), *lines.to_pylist(), ""])


def city_texts(city: I64, form: I64) -> text.Text:
    """Cities in their form: as they are, in capitals, in lower case without accents."""
    plain = [text.plain(name) for name in CITY_NAMES]
    capitals = [name.upper() for name in CITY_NAMES]
    return text.words([*CITY_NAMES, *capitals, *plain], city + form * len(CITY_NAMES))


def _degrees(units: I64) -> pa.StringArray:
    """``-23,54562128115268``"""
    whole = np.abs(units)
    sign = text.choose((units < 0).astype(np.int64), pa.array([""] * len(units)), "-")
    return text.join(sign, text.numbers(whole // DEGREE), ",", text.digits(whole % DEGREE, 14))
