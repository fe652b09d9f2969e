"""What the API takes and gives about operators' decisions, seals and learnt profiles."""

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from api.models import Instant

__all__ = [
    "BookProfile",
    "BookSeal",
    "DecisionRequest",
    "OperatorDecision",
    "OperatorDecisionPage",
    "ProfilePage",
    "RecordName",
    "SealPage",
]

_Name = Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[^\x00]*$")]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RecordName(_Model):
    """A record by its source and its own id."""

    source: _Name
    txn_id: _Name


class DecisionRequest(_Model):
    """What an operator decides.

    `confirm`: the members are the same money, whatever the rules say. `unmatch`: they are not, and are kept apart. `revoke`: an
    earlier decision is taken back.
    """

    kind: Literal["confirm", "unmatch", "revoke"]
    reconciliation: _Name | None = Field(default=None, description="required but for revoke")
    members: tuple[RecordName, ...] = Field(default=(), max_length=1000, description="two or more; none for revoke")
    revokes: Annotated[int, Field(gt=0, lt=2**63)] | None = Field(default=None, description="id of the decision, for revoke only")
    note: Annotated[str, Field(max_length=1000, pattern=r"^[^\x00]*$")] = Field(default="", description="why; shown with the match")

    @model_validator(mode="after")
    def _is_whole(self) -> "DecisionRequest":
        if self.kind == "revoke":
            if self.revokes is None or self.members or self.reconciliation is not None:
                raise ValueError("revoke takes `revokes` and neither members nor reconciliation")
            return self
        if self.revokes is not None or self.reconciliation is None:
            raise ValueError(f"{self.kind} takes a reconciliation and no `revokes`")
        if len(set(self.members)) < 2 or len(set(self.members)) != len(self.members):
            raise ValueError(f"{self.kind} takes two or more members, each once")
        return self


class OperatorDecision(_Model):
    """A decision as it was recorded. It is never changed; a revocation is a decision of its own."""

    id: int
    reconciliation: str
    kind: Literal["confirm", "unmatch", "revoke"]
    members: list[RecordName]
    note: str
    actor: str = Field(description="who decided: how they signed in, or their name on the machine")
    decided_at: Instant
    revokes: int | None
    revoked_by: int | None
    standing: bool = Field(description="true: in force")
    applied_at: Instant | None = Field(
        description="when the close pass had solved what it touches; null: with its next round. Records that come meanwhile are "
        "decided by it already."
    )


class _Page(_Model):
    next: str | None = Field(description="cursor of the next page; null on the last one. The Link header has the whole URL.")


class OperatorDecisionPage(_Page):
    """Decisions of operators, latest first."""

    items: list[OperatorDecision]


class BookSeal(_Model):
    """What a book, or the records of a day, had finally come to. It is never changed; a later seal follows it."""

    id: int
    reconciliation: str
    account_id: str = Field(description="empty: every account, as in the seals of keyed and settlement reconciliations")
    currency: str
    since: dt.date | None = Field(description="first booking day (UTC) that it is about; null: all of the book's up to `through`")
    through: dt.date = Field(description="last booking day (UTC) that every side was complete for")
    rule_version: int
    digest: str = Field(description="sha256 of the final decisions")
    decisions: int = Field(description="all of the book's at that time")
    provisional: int = Field(description="how many of them could still change")
    proof: dict[str, Any] = Field(description="the balance proof; amounts in minor units, signed: positive is money in")
    cause: Literal["first", "advanced", "reopened"] = Field(
        description="advanced: further days; reopened: what had been sealed came out differently"
    )
    former: int | None = Field(description="id of the seal that this one follows")
    current: bool = Field(description="no later seal of the book")
    sealed_at: Instant


class SealPage(_Page):
    """Seals, latest first."""

    items: list[BookSeal]


class BookProfile(_Model):
    """What the matched pairs of a book show: lag in days and fees."""

    id: int
    reconciliation: str
    account_id: str
    currency: str
    through: dt.date = Field(description="last booking day of the pairs")
    profile: dict[str, Any]
    drift: list[dict[str, Any]] = Field(description="what changed against the profile before")
    current: bool = Field(description="no later profile of the book")
    learnt_at: Instant


class ProfilePage(_Page):
    """Profiles, latest first."""

    items: list[BookProfile]
