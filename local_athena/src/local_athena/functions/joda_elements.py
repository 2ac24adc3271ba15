"""What a pattern of dates is made of: each element prints a part of a moment, and reads it back.

These are the rules of Joda-Time's DateTimeFormatterBuilder, which stands behind both of Trino's
pattern languages (`joda_patterns`, `mysql_patterns`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

from local_athena.functions.joda_fields import SECOND_LENGTH, Field, fraction_field


@dataclass(frozen=True, slots=True)
class Shown:
    """A moment to print: the milliseconds of its wall clock and the zone."""

    wall: int
    zone: str = "UTC"
    offset: int = 0
    """Seconds east of UTC."""


@dataclass(slots=True)
class Bucket:
    """What a text said so far."""

    fields: list[tuple[Field, int]] = field(default_factory=list)
    offset: int | None = None
    """Milliseconds east of UTC."""
    zone: str | None = None


class Malformed(Exception):  # noqa: N818 (says where, not what)
    """A text does not fit from that position on."""

    def __init__(self, position: int) -> None:
        super().__init__(position)
        self.position = position


class Element(Protocol):
    """One part of a pattern."""

    def show(self, shown: Shown) -> str:
        """Its text."""

    def read(self, text: str, position: int, bucket: Bucket) -> int:
        """Put into the bucket what stands at the position; the position behind it.

        Raises:
            Malformed: no such text there.
            ValueError: a number of more than 32 bits.
        """


def _is_digit(character: str) -> bool:
    return "0" <= character <= "9"


def _digits(text: str, position: int, most: int) -> int:
    """How many digits stand there, of so many at most."""
    count = 0
    while count < most and _is_digit(text[position + count : position + count + 1]):
        count += 1
    return count


def _integer(text: str) -> int:
    value = int(text)
    if not -(2**31) <= value < 2**31:
        raise ValueError(f'For input string: "{text}"')
    return value


def padded(value: int, width: int) -> str:
    """Zeros before a number, behind its sign."""
    return f"{'-' if value < 0 else ''}{abs(value):0{width}}"


@dataclass(frozen=True)
class Literal:
    """A text that is the same always; read in any case of letters."""

    text: str

    def show(self, shown: Shown) -> str:
        return self.text

    def read(self, text: str, position: int, bucket: Bucket) -> int:
        end = position + len(self.text)
        if text[position:end].upper() != self.text.upper():
            raise Malformed(position)
        return end


@dataclass(frozen=True)
class Number:
    """A field in digits: at least `least` written, `most` of them read."""

    field: Field
    least: int
    most: int
    signed: bool = False

    def show(self, shown: Shown) -> str:
        return padded(self.field.get(shown.wall), self.least)

    def read(self, text: str, position: int, bucket: Bucket) -> int:
        most = max(self.least, self.most)
        start = position
        sign = text[position : position + 1] if self.signed else ""
        if sign in ("+", "-") and most > 1:
            start += 1
        count = _digits(text, start, most)
        if count == 0:
            raise Malformed(position)
        bucket.fields.append((self.field, _integer(text[position : start + count])))
        return start + count


@dataclass(frozen=True)
class TwoDigitYear:
    """A year's last two digits, read as the year within 50 before the pivot and 49 behind it.

    A lenient one also reads a year of any other length, and with a sign, as it stands.
    """

    field: Field
    pivot: int
    lenient: bool

    def show(self, shown: Shown) -> str:
        return f"{abs(self.field.get(shown.wall)) % 100:02}"

    def read(self, text: str, position: int, bucket: Bucket) -> int:
        start = position
        if self.lenient and text[position : position + 1] in ("+", "-"):
            start += 1
        count = _digits(text, start, len(text) if self.lenient else 2)
        if count == 0 or (not self.lenient and count < 2):
            raise Malformed(position)
        value = _integer(text[position : start + count])
        if start == position and count == 2:
            low = self.pivot - 50
            value = low + (value - low) % 100
        bucket.fields.append((self.field, value))
        return start + count


@dataclass(frozen=True)
class Name:
    """A field in words: `names` are (value, long, short); read are both, in capitals or not."""

    field: Field
    names: tuple[tuple[int, str, str], ...]
    short: bool

    def show(self, shown: Shown) -> str:
        value = self.field.get(shown.wall)
        return next(
            short if self.short else long for known, long, short in self.names if known == value
        )

    @cached_property
    def _forms(self) -> list[tuple[str, int]]:
        """Longest first."""
        forms = {
            form: value
            for value, long, short in self.names
            for name in (long, short)
            for form in (name, name.upper(), name.lower())
        }
        return sorted(forms.items(), key=lambda form: -len(form[0]))

    def read(self, text: str, position: int, bucket: Bucket) -> int:
        for form, value in self._forms:
            if text.startswith(form, position):
                bucket.fields.append((self.field, value))
                return position + len(form)
        raise Malformed(position)


_MOST_FRACTION_DIGITS = 15
"""Joda-Time computes them in 64 bits of milliseconds."""


@dataclass(frozen=True)
class Fraction:
    """Digits of a fraction: of a second, which has three, or of a longer unit (read only)."""

    least: int
    most: int
    unit: int = SECOND_LENGTH
    """Milliseconds."""

    def show(self, shown: Shown) -> str:
        milliseconds = shown.wall % 1000
        if milliseconds == 0:
            return "0" * self.least
        most = min(self.most, _MOST_FRACTION_DIGITS)
        digits = f"{milliseconds:03}".ljust(most, "0")[:most]
        return digits[: self.least] + digits[self.least :].rstrip("0")

    def read(self, text: str, position: int, bucket: Bucket) -> int:
        count = _digits(text, position, self.most)
        if count == 0:
            raise Malformed(position)
        size, tenths = self.unit * 10, 0
        for digit in text[position : position + count]:
            size //= 10
            tenths += int(digit) * size
        bucket.fields.append((fraction_field(self.unit), tenths // 10))
        return position + count


# ---------------------------------------------------------------- several elements as one


@dataclass(frozen=True)
class Sequence:
    """One after the other."""

    elements: tuple[Element, ...]

    def show(self, shown: Shown) -> str:
        return "".join(element.show(shown) for element in self.elements)

    def read(self, text: str, position: int, bucket: Bucket) -> int:
        for element in self.elements:
            position = element.read(text, position, bucket)
        return position


@dataclass(frozen=True)
class Choice:
    """The alternative that reads most; none of them where it is optional. Shows nothing."""

    alternatives: tuple[Element, ...]
    optional: bool = False

    def show(self, shown: Shown) -> str:
        return ""

    def read(self, text: str, position: int, bucket: Bucket) -> int:
        best, farthest = position, position
        best_bucket: Bucket | None = None
        for element in self.alternatives:
            tried = Bucket(list(bucket.fields), bucket.offset, bucket.zone)
            try:
                end = element.read(text, position, tried)
            except Malformed as error:
                farthest = max(farthest, error.position)
                continue
            if end > best:
                best, best_bucket = end, tried
            if best >= len(text):
                break
        if best_bucket is None:
            if self.optional:
                return position
            raise Malformed(farthest)
        bucket.fields, bucket.offset = best_bucket.fields, best_bucket.offset
        bucket.zone = best_bucket.zone
        return best
