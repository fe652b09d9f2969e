"""What became of one record and why, as data: the same for the command line, the API and a report of files."""

import datetime as dt
from dataclasses import dataclass

from reconciler.explaining.candidates import Candidate
from reconciler.explaining.causes import Suspicion
from reconciler.explaining.signals import RunnerUp, Signal
from reconciler.explaining.waiting import Due
from reconciler.types import Member, Reason

__all__ = ["ExplainedBreak", "ExplainedMatch", "ExplainedRecord", "Explanation", "Quarantining", "RuleStamp"]


@dataclass(frozen=True, slots=True)
class RuleStamp:
    """The rules that decided. `digest` is None when this version is not known to the database."""

    name: str
    version: int
    digest: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedRecord:
    """The record that was asked for, in its newest revision.

    Attributes:
        amount_minor: signed movement, positive is money in.
        superseded: revisions that are stored and that the newest has replaced.
    """

    id: str
    revision: int
    account: str
    amount_minor: int
    currency: str
    booked_at: dt.datetime
    status: str
    reference: str | None
    superseded: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedMatch:
    """A match with its evidence.

    Attributes:
        id: as the API names the match; None for a report of files.
        runner_up_lacks: what separates the runner-up from the item that it competed for; empty when that is not known.
    """

    id: str | None
    rules: RuleStamp
    stage: str
    decision: str
    probability_ppm: int
    final: bool | None
    members: tuple[Member, ...]
    amount_minor: int | None
    currency: str | None
    signals: tuple[Signal, ...]
    runner_up: RunnerUp | None
    runner_up_lacks: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedBreak:
    """A break with what comes nearest.

    Attributes:
        id: as the API names the break; None for a report of files.
        candidates: for a single open item, the nearest first.
        due: None when the break waits for nothing.
    """

    id: str | None
    rules: RuleStamp
    type: str
    final: bool | None
    members: tuple[Member, ...]
    amount_minor: int
    currency: str
    signals: tuple[Signal, ...]
    candidates: tuple[Candidate, ...] = ()
    suspicion: Suspicion | None = None
    due: Due | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantining:
    """A record that could not be used: where it was and why."""

    source: str
    reason: str
    detail: str
    position: str
    arrived_at: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Everything that is known about one id. `note` says why a stored record is in no decision."""

    asked: str
    record: ExplainedRecord | None = None
    matches: tuple[ExplainedMatch, ...] = ()
    breaks: tuple[ExplainedBreak, ...] = ()
    quarantined: tuple[Quarantining, ...] = ()
    note: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether somebody has to look: a break, or a record in quarantine."""
        return bool(self.breaks or self.quarantined)
