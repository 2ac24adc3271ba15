"""An independent reading of the deliveries, for whoever compares."""

import pytest

from tests.python.marketplace.by_hand import Warehouse


@pytest.fixture
def warehouse() -> Warehouse:
    """An empty warehouse that reads deliveries by the business rules."""
    return Warehouse()
