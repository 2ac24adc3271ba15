import numpy as np
from stdnum.br import cnpj, cpf

from lakehouse.marketplace.documents import cnpj_numbers, cpf_numbers


def test_cpf_numbers__the_reserved_range__are_valid_for_an_independent_library() -> None:
    indexes = np.concatenate([np.arange(3_000), np.arange(999_000, 1_000_000)])
    numbers = [f"{number:011d}" for number in cpf_numbers(indexes)]
    assert all(cpf.is_valid(number) for number in numbers)
    assert {number[:3] for number in numbers} == {"999"}
    assert len(set(numbers)) == len(indexes)


def test_cnpj_numbers__the_reserved_range__are_valid_for_an_independent_library() -> None:
    numbers = [f"{number:014d}" for number in cnpj_numbers(np.arange(3_000))]
    assert all(cnpj.is_valid(number) for number in numbers)
    assert {number[:3] + number[8:12] for number in numbers} == {"9990001"}
    assert len(set(numbers)) == 3_000
