import numpy as np
import pytest

from lakehouse.marketplace.streams import below, between, chance, draw, pick, quantile

COUNTERS = np.arange(200_000, dtype=np.int64)


def test_draw__same_arguments__same_bits_in_any_order() -> None:
    whole = draw(42, "a", COUNTERS)
    assert (draw(42, "a", COUNTERS[::-1])[::-1] == whole).all()
    assert draw(42, "a", 7)[0] == whole[7]


@pytest.mark.parametrize("other", [draw(43, "a", COUNTERS), draw(42, "b", COUNTERS)])
def test_draw__another_seed_or_name__unrelated_bits(other: np.ndarray) -> None:
    whole = draw(42, "a", COUNTERS)
    ones = np.bitwise_count(whole ^ other).sum()
    assert abs(ones / (64 * len(COUNTERS)) - 0.5) < 0.001


def test_draw__neighbouring_counters__fill_every_bit_evenly() -> None:
    whole = draw(0, "", COUNTERS)
    for bit in range(64):
        share = ((whole >> np.uint64(bit)) & np.uint64(1)).mean()
        assert abs(share - 0.5) < 0.006


def test_below__a_small_bound__is_uniform() -> None:
    counts = np.bincount(below(draw(1, "x", COUNTERS), 7), minlength=7)
    assert len(counts) == 7
    assert (abs(counts / len(COUNTERS) - 1 / 7) < 0.005).all()


def test_between__negative_to_positive__reaches_both_ends() -> None:
    values = between(draw(1, "x", COUNTERS), -2, 2)
    assert sorted(set(values.tolist())) == [-2, -1, 0, 1, 2]


def test_chance__a_tenth__happens_as_often() -> None:
    assert abs(chance(draw(1, "x", COUNTERS), 100_000).mean() - 0.1) < 0.003


def test_pick__weights__are_the_shares() -> None:
    counts = np.bincount(pick(draw(1, "x", COUNTERS), (1, 0, 3)), minlength=3)
    assert counts[1] == 0
    assert abs(counts[2] / len(COUNTERS) - 0.75) < 0.005


def test_quantile__three_points__has_them_as_quartile_marks() -> None:
    values = quantile(draw(1, "x", COUNTERS), (0, 100, 1000))
    assert values.min() >= 0
    assert values.max() <= 1000
    assert abs(np.median(values) - 100) < 10
    assert abs(np.percentile(values, 75) - 550) < 8
