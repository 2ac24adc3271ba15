"""Write seeds/seed_br_holidays.csv: Brazil's national public holidays of the calendar's years."""

from __future__ import annotations

import csv
from pathlib import Path

import holidays

YEARS = range(1981, 2061)
"""12 October is a holiday since 1980."""
SEED = Path(__file__).resolve().parents[1] / "seeds" / "seed_br_holidays.csv"


def main() -> None:
    """Replace the seed."""
    days = holidays.country_holidays("BR", years=YEARS, language="pt_BR")
    with SEED.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["holiday_date", "holiday_name_pt"])
        writer.writerows((day.isoformat(), days[day]) for day in sorted(days))


if __name__ == "__main__":
    main()
