"""Filters of the listings of operators' decisions, seals and profiles."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from api.filters import Currency, Flag, ListFilter, Text, blank_to_none

__all__ = ["BookFilter", "OperatorDecisionFilter"]


class OperatorDecisionFilter(ListFilter):
    """Filters of `/v1/decisions`."""

    exact = ("reconciliation", "kind", "standing")

    reconciliation: Text = None
    kind: Annotated[Literal["confirm", "unmatch", "revoke"] | None, BeforeValidator(blank_to_none)] = None
    standing: Flag = Field(default=None, description="true: only what is in force")


class BookFilter(ListFilter):
    """Filters of `/v1/seals` and `/v1/profiles`."""

    exact = ("reconciliation", "account_id", "currency", "current")

    reconciliation: Text = None
    account_id: Text = None
    currency: Currency = None
    current: Flag = Field(default=None, description="true: only the latest of each book")
