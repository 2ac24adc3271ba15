"""Contracts: what every raw table is, read from `contracts/*.odcs.yaml`."""

from lakehouse.contracts.apply import Change, apply_contracts
from lakehouse.contracts.inventory import Inventory, find_inventory, load_inventory
from lakehouse.contracts.lake import Lake, bootstrap_lake, connect_lake
from lakehouse.contracts.loader import check_standard, feed_names, load_contract, load_contracts
from lakehouse.contracts.model import (
    Check,
    Column,
    ColumnType,
    Contract,
    Format,
    Loading,
    Lookup,
    Source,
)
from lakehouse.contracts.technical import PARTITION_COLUMN, TECHNICAL_COLUMNS, TechnicalColumn

__all__ = [
    "PARTITION_COLUMN",
    "TECHNICAL_COLUMNS",
    "Change",
    "Check",
    "Column",
    "ColumnType",
    "Contract",
    "Format",
    "Inventory",
    "Lake",
    "Loading",
    "Lookup",
    "Source",
    "TechnicalColumn",
    "apply_contracts",
    "bootstrap_lake",
    "check_standard",
    "connect_lake",
    "feed_names",
    "find_inventory",
    "load_contract",
    "load_contracts",
    "load_inventory",
]
