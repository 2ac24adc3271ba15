"""Distribution functions: normal, beta, Student's t; the Wilson interval."""

from __future__ import annotations

import math
from collections.abc import Callable

from local_athena.functions.registry import ScalarWriter
from local_athena.functions.udf import python_writer
from local_athena.sql.errors import SqlError

_SMALL = 1e-14
_TINY = 1e-300


def _bad(message: str) -> SqlError:
    return SqlError("INVALID_FUNCTION_ARGUMENT", message)


def _normal_cdf(mean: float, deviation: float, value: float) -> float:
    if not deviation > 0:
        raise _bad("standardDeviation must be > 0")
    return 0.5 * (1 + math.erf((value - mean) / (deviation * math.sqrt(2))))


def _inverse_normal_cdf(mean: float, deviation: float, p: float) -> float:
    if not 0 < p < 1:
        raise _bad("p must be 0 > p > 1")
    if not deviation > 0:
        raise _bad("standardDeviation must be > 0")
    from statistics import NormalDist

    return mean + deviation * NormalDist().inv_cdf(p)


def regularized_beta(x: float, a: float, b: float) -> float:
    """I_x(a, b), by its continued fraction (modified Lentz)."""
    if x <= 0 or x >= 1:
        return 0.0 if x <= 0 else 1.0
    if x > (a + 1) / (2 + b + a) and 1 - x <= (b + 1) / (2 + b + a):
        return 1 - regularized_beta(1 - x, b, a)
    logarithm = math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
    factor = math.exp(a * math.log(x) + b * math.log1p(-x) - math.log(a) - logarithm)
    c, d = 1.0, 1 - (a + b) * x / (a + 1)
    d = 1 / (d if abs(d) > _TINY else _TINY)
    fraction = d
    for m in range(1, 10_000):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 + term * d
            c = 1 + term / c
            d = 1 / (d if abs(d) > _TINY else _TINY)
            c = c if abs(c) > _TINY else _TINY
            fraction *= c * d
        if abs(c * d - 1) < _SMALL:
            break
    return factor * fraction


def _check_beta(a: float, b: float) -> None:
    if not (a > 0 and b > 0):
        raise _bad("a, b must be > 0")


def _beta_cdf(a: float, b: float, value: float) -> float:
    if not 0 <= value <= 1:
        raise _bad("value must be 0 >= v >= 1")
    _check_beta(a, b)
    return regularized_beta(value, a, b)


def _inverse_beta_cdf(a: float, b: float, p: float) -> float:
    if not 0 <= p <= 1:
        raise _bad("p must be 0 >= p >= 1")
    _check_beta(a, b)
    if p in (0, 1):
        return p
    return _root(lambda x: regularized_beta(x, a, b) - p)


def _root(function: Callable[[float], float]) -> float:
    """Where a function that rises through 0 between 0 and 1 does so, by Brent's method to within
    1e-9, from the middle: the digits behind are those of Trino's solver, which does the same."""
    low, middle, high = 0.0, 0.5, 1.0
    at_middle = function(middle)
    if abs(at_middle) <= 1e-15:
        return middle
    a, b = (low, middle) if at_middle > 0 else (middle, high)
    fa, fb = (function(low), at_middle) if at_middle > 0 else (at_middle, function(high))
    c, fc = a, fa
    step = before = b - a
    while True:
        if abs(fc) < abs(fb):
            a, b, c = b, c, b
            fa, fb, fc = fb, fc, fb
        tolerance = 2e-14 * abs(b) + 1e-9
        half = 0.5 * (c - b)
        if abs(half) <= tolerance or fb == 0:
            return b
        if abs(before) < tolerance or abs(fa) <= abs(fb):
            step = before = half
        else:
            step, before = _interpolated((a, fa), (b, fb), (c, fc), half, tolerance, step, before)
        a, fa = b, fb
        b += step if abs(step) > tolerance else math.copysign(tolerance, half)
        fb = function(b)
        if (fb > 0) == (fc > 0):
            c, fc = a, fa
            step = before = b - a


def _interpolated(
    a: tuple[float, float],
    b: tuple[float, float],
    c: tuple[float, float],
    half: float,
    tolerance: float,
    step: float,
    before: float,
) -> tuple[float, float]:
    """(next step, the one before): by a parabola or a secant where that stays inside, else half."""
    s = b[1] / a[1]
    if a[0] == c[0]:
        p, q = 2 * half * s, 1 - s
    else:
        q, r = a[1] / c[1], b[1] / c[1]
        p = s * (2 * half * q * (q - r) - (b[0] - a[0]) * (r - 1))
        q = (q - 1) * (r - 1) * (s - 1)
    if p > 0:
        q = -q
    else:
        p = -p
    if p >= 1.5 * half * q - abs(tolerance * q) or p >= abs(0.5 * before * q):
        return half, half
    return p / q, step


def _t_cdf(value: float, degrees: float) -> float:
    if degrees < 1:
        raise _bad("degrees of freedom must be greater than or equal to 1")
    if math.isnan(degrees) or math.isnan(value):
        return math.nan
    if math.isinf(value):
        return 0.0 if value < 0 else 1.0
    if value == 0:
        return 0.5
    tail = 0.5 * regularized_beta(degrees / (degrees + value * value), 0.5 * degrees, 0.5)
    return tail if value < 0 else 1 - tail


def _t_pdf(value: float, degrees: float) -> float:
    if degrees < 1:
        raise _bad("degrees of freedom must be greater than or equal to 1")
    if math.isnan(degrees) or math.isnan(value):
        return math.nan
    if math.isinf(value):
        return 0.0
    scale = math.lgamma((degrees + 1) / 2) - math.lgamma(degrees / 2)
    shape = 0.5 * (math.log(math.pi) + math.log(degrees))
    return math.exp(scale - shape - (degrees + 1) / 2 * math.log1p(value * value / degrees))


def _wilson(lower: bool) -> Callable[[int, int, float], float]:
    def run(successes: int, trials: int, z: float) -> float:
        if successes < 0:
            raise _bad("number of successes must not be negative")
        if trials <= 0:
            raise _bad("number of trials must be positive")
        if successes > trials:
            raise _bad("number of successes must not be larger than number of trials")
        if z < 0:
            raise _bad("z-score must not be negative")
        n, p = float(trials), successes / trials
        middle = p + z * z / (2 * n)
        spread = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return (middle - spread if lower else middle + spread) / (1 + z * z / n)

    return run


SCALARS: dict[str, ScalarWriter] = {
    "normal_cdf": python_writer("normal_cdf", _normal_cdf),
    "inverse_normal_cdf": python_writer("inverse_normal_cdf", _inverse_normal_cdf),
    "beta_cdf": python_writer("beta_cdf", _beta_cdf),
    "inverse_beta_cdf": python_writer("inverse_beta_cdf", _inverse_beta_cdf),
    "t_cdf": python_writer("t_cdf", _t_cdf),
    "t_pdf": python_writer("t_pdf", _t_pdf),
    "wilson_interval_lower": python_writer("wilson_lower", _wilson(True)),
    "wilson_interval_upper": python_writer("wilson_upper", _wilson(False)),
}
