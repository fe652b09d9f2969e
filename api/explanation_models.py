"""The answer that explains a record: what `reconduit explain --json` says, with amounts as strings as everywhere in the API."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, PlainSerializer

__all__ = ["ExplanationAnswer"]

MinorUnits = Annotated[int, PlainSerializer(str, return_type=str)]
"""Minor units as a string, because they exceed what a JSON number keeps exactly (2^53)."""


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Rules(_Answer):
    name: str
    version: int
    digest: str | None = Field(description="null when this version is not kept")


class _Place(_Answer):
    side: str
    id: str


class _Signal(_Answer):
    signal: str
    text: str
    bits: float | None = Field(description="learnt weight: log2 of the odds that it adds; null where weights are fixed")


class _Difference(_Answer):
    signal: str
    text: str


class _RunnerUp(_Answer):
    id: str
    behind_bits: float | None
    lacks: list[_Difference]


class _Suspicion(_Answer):
    cause: Literal["duplicate", "typo", "fee", "split", "timing", "reference"]
    why: str


class _Candidate(_Place):
    amount_minor: MinorUnits = Field(description="signed movement")
    apart_minor: MinorUnits
    apart_ppm: int | None
    days: int
    reference_distance: int | None
    differs: list[_Difference]
    suspected: _Suspicion | None


class _SourceMark(_Answer):
    source: str
    complete_through: AwareDatetime | None
    passed: bool


class _Due(_Answer):
    at: AwareDatetime
    sources: list[_SourceMark]


class _Decision(_Answer):
    id: str | None
    rules: _Rules
    final: bool | None
    amount_minor: MinorUnits | None
    currency: str | None
    members: list[_Place]
    signals: list[_Signal]


class _Match(_Decision):
    stage: str
    decision: Literal["auto", "suggested"]
    probability: float
    runner_up: _RunnerUp | None


class _Break(_Decision):
    type: str
    candidates: list[_Candidate] = Field(description="nearest first, at most three; only for a single open item")
    suspected: _Suspicion | None
    due: _Due | None


class _Record(_Answer):
    id: str
    revision: int
    superseded_revisions: list[int]
    account: str
    amount_minor: MinorUnits = Field(description="signed movement, positive is money in")
    currency: str
    booked_at: AwareDatetime
    status: str
    reference: str | None


class _Quarantined(_Answer):
    source: str
    reason: str
    detail: str
    position: str
    arrived_at: AwareDatetime


class ExplanationAnswer(_Answer):
    """What became of a record, and why."""

    id: str
    record: _Record | None
    matches: list[_Match]
    breaks: list[_Break]
    quarantined: list[_Quarantined]
    note: str | None = Field(description="why a stored record is in no decision")
