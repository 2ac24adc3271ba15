"""Where people live: the 27 states with weights, capitals, postal prefixes, and distances.

Postal prefixes are the first five digits of the CEP; ranges by state as published by Correios
("Faixas de CEP"), simplified to one range a state where there are several. Weights follow the
share of each state among the customers, and the sellers, of the public Olist data set.
"""

from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt

import numpy as np

from lakehouse.marketplace.streams import I64, U64, below, pick


@dataclass(frozen=True, slots=True)
class State:
    """A state: code, weights among customers and sellers, capital's coordinates in degrees,
    first and last postal prefix, cities with weights (the capital first)."""

    code: str
    customers: int
    sellers: int
    latitude: float
    longitude: float
    first_prefix: int
    last_prefix: int
    cities: tuple[tuple[str, int], ...]


STATES: tuple[State, ...] = (
    State("AC", 81, 1, -9.97, -67.81, 69900, 69999, (("Rio Branco", 8), ("Cruzeiro do Sul", 2))),
    State("AL", 413, 3, -9.65, -35.74, 57000, 57999, (("Maceió", 7), ("Arapiraca", 3))),
    State("AM", 148, 2, -3.10, -60.02, 69000, 69299, (("Manaus", 9), ("Itacoatiara", 1))),
    State("AP", 68, 1, 0.03, -51.07, 68900, 68999, (("Macapá", 8), ("Santana", 2))),
    State(
        "BA",
        3380,
        19,
        -12.97,
        -38.50,
        40000,
        48999,
        (("Salvador", 5), ("Feira de Santana", 2), ("Vitória da Conquista", 1), ("Ilhéus", 1)),
    ),
    State(
        "CE",
        1336,
        13,
        -3.73,
        -38.52,
        60000,
        63999,
        (("Fortaleza", 6), ("Caucaia", 1), ("Juazeiro do Norte", 1), ("Sobral", 1)),
    ),
    State("DF", 2140, 30, -15.78, -47.93, 70000, 72799, (("Brasília", 9), ("Taguatinga", 2))),
    State(
        "ES",
        2033,
        23,
        -20.32,
        -40.34,
        29000,
        29999,
        (("Vitória", 3), ("Vila Velha", 3), ("Serra", 2), ("Cachoeiro de Itapemirim", 1)),
    ),
    State(
        "GO",
        2020,
        40,
        -16.68,
        -49.25,
        73700,
        76799,
        (("Goiânia", 5), ("Aparecida de Goiânia", 2), ("Anápolis", 2), ("Rio Verde", 1)),
    ),
    State("MA", 747, 2, -2.53, -44.30, 65000, 65999, (("São Luís", 6), ("Imperatriz", 3))),
    State(
        "MG",
        11635,
        244,
        -19.92,
        -43.94,
        30000,
        39999,
        (
            ("Belo Horizonte", 6),
            ("Uberlândia", 2),
            ("Contagem", 2),
            ("Juiz de Fora", 2),
            ("Montes Claros", 1),
            ("São João del-Rei", 1),
        ),
    ),
    State("MS", 715, 5, -20.44, -54.65, 79000, 79999, (("Campo Grande", 7), ("Dourados", 2))),
    State("MT", 907, 4, -15.60, -56.10, 78000, 78899, (("Cuiabá", 5), ("Várzea Grande", 2))),
    State(
        "PA",
        975,
        2,
        -1.46,
        -48.50,
        66000,
        68899,
        (("Belém", 6), ("Ananindeua", 2), ("Santarém", 1)),
    ),
    State("PB", 536, 6, -7.12, -34.86, 58000, 58999, (("João Pessoa", 5), ("Campina Grande", 3))),
    State(
        "PE",
        1652,
        9,
        -8.05,
        -34.88,
        50000,
        56999,
        (("Recife", 5), ("Jaboatão dos Guararapes", 2), ("Olinda", 2), ("Caruaru", 1)),
    ),
    State("PI", 495, 1, -5.09, -42.80, 64000, 64999, (("Teresina", 8), ("Parnaíba", 2))),
    State(
        "PR",
        5045,
        349,
        -25.43,
        -49.27,
        80000,
        87999,
        (
            ("Curitiba", 6),
            ("Londrina", 2),
            ("Maringá", 2),
            ("Ponta Grossa", 1),
            ("Foz do Iguaçu", 1),
        ),
    ),
    State(
        "RJ",
        12852,
        171,
        -22.91,
        -43.17,
        20000,
        28999,
        (
            ("Rio de Janeiro", 11),
            ("Niterói", 2),
            ("Nova Iguaçu", 2),
            ("São Gonçalo", 2),
            ("Petrópolis", 1),
        ),
    ),
    State("RN", 485, 5, -5.79, -35.21, 59000, 59999, (("Natal", 6), ("Mossoró", 2))),
    State("RO", 253, 2, -8.76, -63.90, 76800, 76999, (("Porto Velho", 6), ("Ji-Paraná", 2))),
    State("RR", 46, 1, 2.82, -60.67, 69300, 69399, (("Boa Vista", 9), ("Rorainópolis", 1))),
    State(
        "RS",
        5466,
        129,
        -30.03,
        -51.23,
        90000,
        99999,
        (("Porto Alegre", 6), ("Caxias do Sul", 2), ("Pelotas", 1), ("Canoas", 2), ("Gravataí", 1)),
    ),
    State(
        "SC",
        3637,
        190,
        -27.60,
        -48.55,
        88000,
        89999,
        (("Florianópolis", 4), ("Joinville", 3), ("Blumenau", 2), ("Criciúma", 1)),
    ),
    State("SE", 350, 2, -10.91, -37.07, 49000, 49999, (("Aracaju", 7), ("Lagarto", 1))),
    State(
        "SP",
        41746,
        1849,
        -23.55,
        -46.63,
        1000,
        19999,
        (
            ("São Paulo", 16),
            ("Guarulhos", 2),
            ("Campinas", 2),
            ("São Bernardo do Campo", 2),
            ("Santo André", 2),
            ("Osasco", 1),
            ("Sorocaba", 1),
            ("Ribeirão Preto", 1),
            ("São José dos Campos", 1),
            ("Jundiaí", 1),
        ),
    ),
    State("TO", 280, 1, -10.17, -48.33, 77000, 77999, (("Palmas", 5), ("Araguaína", 2))),
)

STATE_CODES = np.array([state.code for state in STATES])
_CUSTOMERS = [state.customers for state in STATES]
_SELLERS = [state.sellers for state in STATES]


@dataclass(frozen=True, slots=True)
class _Place:
    """A city's share of its state's postal range: first prefix and number of prefixes."""

    state: int
    name: str
    weight: int
    first_prefix: int
    prefixes: int


def _places() -> tuple[_Place, ...]:
    places: list[_Place] = []
    for index, state in enumerate(STATES):
        total = sum(weight for _, weight in state.cities)
        width = state.last_prefix - state.first_prefix + 1
        before = 0
        for name, weight in state.cities:
            first = state.first_prefix + width * before // total
            last = state.first_prefix + width * (before + weight) // total
            places.append(_Place(index, name, weight, first, last - first))
            before += weight
    return tuple(places)


_PLACES = _places()
CITY_NAMES = [place.name for place in _PLACES]
CITY_STATE: I64 = np.array([place.state for place in _PLACES], dtype=np.int64)
_CITY_FIRST: I64 = np.array([place.first_prefix for place in _PLACES], dtype=np.int64)
_CITY_WIDTH: I64 = np.array([place.prefixes for place in _PLACES], dtype=np.int64)


def _city_weights(by_state: list[int]) -> list[int]:
    totals = [sum(weight for _, weight in state.cities) for state in STATES]
    return [by_state[p.state] * p.weight * 1000 // totals[p.state] for p in _PLACES]


_CUSTOMER_CITIES = _city_weights(_CUSTOMERS)
_SELLER_CITIES = _city_weights(_SELLERS)


def customer_cities(bits: U64) -> I64:
    """Indexes into CITY_NAMES, weighted as customers are."""
    return pick(bits, _CUSTOMER_CITIES)


def seller_cities(bits: U64) -> I64:
    """Indexes into CITY_NAMES, weighted as sellers are."""
    return pick(bits, _SELLER_CITIES)


def prefixes(bits: U64, cities: I64) -> I64:
    """A postal prefix (0 to 99999) of each city."""
    found: I64 = _CITY_FIRST[cities] + below(bits, _CITY_WIDTH[cities])
    return found


def _distance_table() -> I64:
    """Kilometres between capitals on the sphere, rounded; 60 km within a state."""
    table = np.full((len(STATES), len(STATES)), 60, dtype=np.int64)
    for i, a in enumerate(STATES):
        for j, b in enumerate(STATES):
            if i != j:
                table[i, j] = round(_haversine(a, b))
    return table


def _haversine(a: State, b: State) -> float:
    half_lat = sin(radians(b.latitude - a.latitude) / 2)
    half_lon = sin(radians(b.longitude - a.longitude) / 2)
    chord = half_lat**2 + cos(radians(a.latitude)) * cos(radians(b.latitude)) * half_lon**2
    return 2 * 6371 * asin(sqrt(chord))


DISTANCES_KM: I64 = _distance_table()
"""Kilometres by (state, state), indexes into STATES."""


def cities_of_prefixes(prefix: I64) -> I64:
    """Index into CITY_NAMES of the city in whose range each postal prefix lies."""
    order = np.argsort(_CITY_FIRST)
    cities: I64 = order[np.searchsorted(_CITY_FIRST[order], prefix, side="right") - 1]
    return cities
