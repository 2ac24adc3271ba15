"""Contracts: what every raw table is, read from `contracts/*.odcs.yaml`."""

from lakehouse.contracts.loader import check_standard, load_contract, load_contracts
from lakehouse.contracts.model import Column, ColumnType, Contract, Format, Loading, Source
from lakehouse.contracts.technical import (
    PARTITION_COLUMN,
    REJECTED_ROWS_COLUMNS,
    REJECTED_ROWS_TABLE,
    TECHNICAL_COLUMNS,
    TechnicalColumn,
)

__all__ = [
    "PARTITION_COLUMN",
    "REJECTED_ROWS_COLUMNS",
    "REJECTED_ROWS_TABLE",
    "TECHNICAL_COLUMNS",
    "Column",
    "ColumnType",
    "Contract",
    "Format",
    "Loading",
    "Source",
    "TechnicalColumn",
    "check_standard",
    "load_contract",
    "load_contracts",
]
