"""CPF and CNPJ numbers with valid check digits, from one reserved range.

The range, and the only one this project generates: CPF bases 999.000.000 to 999.999.999 and CNPJ
bases 99.900.000/0001 to 99.999.999/0001. No part of either numbering is set aside for tests by
Receita Federal; these are the last block of each, so a number of somebody's may be among them: they
are for made-up people only. More than a million people, or a hundred thousand sellers, wrap around.
"""

import numpy as np

from lakehouse.marketplace.streams import I64

CPF_BASE = 999_000_000
CNPJ_BASE = 99_900_000
_CPF_WEIGHTS_1 = (10, 9, 8, 7, 6, 5, 4, 3, 2)
_CPF_WEIGHTS_2 = (11, 10, 9, 8, 7, 6, 5, 4, 3, 2)
_CNPJ_WEIGHTS_1 = (5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)
_CNPJ_WEIGHTS_2 = (6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)


def cpf_numbers(indexes: I64) -> I64:
    """The CPF, as a number of up to 11 digits, of each person."""
    return _with_check_digits(CPF_BASE + indexes % 1_000_000, 9, _CPF_WEIGHTS_1, _CPF_WEIGHTS_2)


def cnpj_numbers(indexes: I64) -> I64:
    """The CNPJ, as a number of up to 14 digits, of each seller (branch 0001)."""
    bases = (CNPJ_BASE + indexes % 100_000) * 10_000 + 1
    return _with_check_digits(bases, 12, _CNPJ_WEIGHTS_1, _CNPJ_WEIGHTS_2)


def _with_check_digits(
    bases: I64, digits: int, first: tuple[int, ...], second: tuple[int, ...]
) -> I64:
    values = bases
    for weights in (first, second):
        total = np.zeros_like(values)
        for place, weight in enumerate(reversed(weights)):
            total += (values // 10**place % 10) * weight
        rest = total % 11
        values = values * 10 + np.where(rest < 2, 0, 11 - rest)
    return values
