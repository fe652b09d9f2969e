import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from reconciler.types import Item

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)  # a Monday


@pytest.fixture(scope="session")
def noon() -> dt.datetime:
    return NOON


@pytest.fixture(scope="session")
def make_item() -> Callable[..., Item]:
    """An item from `side` and a signed amount; `day` counts from Monday 2 March 2026."""

    def make(identity: str, side: str, signed_minor: int = 100, *, day: int = 0, **fields: Any) -> Item:
        given: dict[str, Any] = {
            "account": "acc",
            "currency": "INR",
            "direction": 1 if signed_minor >= 0 else -1,
            "booked_at": NOON + dt.timedelta(days=day),
            **fields,
        }
        return Item(id=identity, side=side, amount_minor=abs(signed_minor), **given)

    return make
