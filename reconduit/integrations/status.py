"""The status of an integration: what each outcome of a poll makes of it, and what an operator must do. Pure.

```
inactive ── enable ──► active ── a poll fails ──► login_error, expired, waiting_user_input   nothing is polled until somebody acts
    ▲                   ▲  │                      outdated, error                            polled on, seldom
 created                │  └── disable ──► disabled
                        └── a poll is complete; an operator changes, enables, or stores a secret
```
"""

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Failure", "Standing", "Status", "action_for", "after_failure", "after_success", "disabled", "enabled", "is_resting"]

PASSING_FAILURES = 5
"""So many failures in a row that pass by themselves make an integration's status `error`."""


class Status(StrEnum):
    """Where an integration stands."""

    INACTIVE = "inactive"
    """Made, never enabled."""
    ACTIVE = "active"
    WAITING_USER_INPUT = "waiting_user_input"
    """Something is missing that only a person has: an authorisation, a secret, a code."""
    LOGIN_ERROR = "login_error"
    """The provider refuses the credentials."""
    EXPIRED = "expired"
    """The consent or the refresh token has run out."""
    OUTDATED = "outdated"
    """The provider's interface is no longer the one that the connector was written for."""
    ERROR = "error"
    DISABLED = "disabled"


class Failure(StrEnum):
    """What a failed poll means for its integration."""

    AUTHENTICATION = "authentication"
    USER_INPUT = "user_input"
    EXPIRY = "expiry"
    PERMISSION = "permission"
    CONFIGURATION = "configuration"
    CONTRACT = "contract"
    RATE_LIMIT = "rate_limit"
    TRANSIENT = "transient"
    INTERNAL = "internal"
    """A defect of the connector, or a producer that keeps dying."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A status with the reason for it and what an operator must do; both None where all is well."""

    status: Status
    reason: str | None = None
    action: str | None = None


_RESTING = frozenset({Status.WAITING_USER_INPUT, Status.LOGIN_ERROR, Status.EXPIRED})
_OFF = frozenset({Status.INACTIVE, Status.DISABLED})
_PASSING = frozenset({Failure.RATE_LIMIT, Failure.TRANSIENT})

_MEANING: dict[Failure, tuple[Status, str]] = {
    Failure.AUTHENTICATION: (Status.LOGIN_ERROR, "Store valid credentials, or authorise again; polling goes on by itself then."),
    Failure.USER_INPUT: (Status.WAITING_USER_INPUT, "Store what is missing, or authorise at the provider."),
    Failure.EXPIRY: (Status.EXPIRED, "Renew the consent: authorise again at the provider."),
    Failure.PERMISSION: (Status.ERROR, "Ask the provider for the product, the scope or the IP allow-listing."),
    Failure.CONFIGURATION: (Status.ERROR, "Correct base_url, connector or options."),
    Failure.CONTRACT: (Status.OUTDATED, "Update Reconduit, or report what the provider answers; the quarantine has it."),
    Failure.RATE_LIMIT: (Status.ERROR, "Poll less often, or ask the provider for a higher limit."),
    Failure.TRANSIENT: (Status.ERROR, "Look whether the provider and the network are up; polling goes on by itself."),
    Failure.INTERNAL: (Status.ERROR, "Report it with the supervisor's log."),
}


def is_resting(status: Status) -> bool:
    """Whether nothing is polled until somebody acts: asking again with refused credentials locks accounts."""
    return status in _RESTING


def enabled() -> Standing:
    """After an operator enabled it, changed it or stored a secret: what was wrong may be right now."""
    return Standing(Status.ACTIVE)


def disabled(current: Standing) -> Standing:
    """After an operator disabled it; one that was never enabled stays inactive."""
    return current if current.status is Status.INACTIVE else Standing(Status.DISABLED)


def after_success(current: Standing) -> Standing:
    """After a complete poll. One that is off stays off: a sync on demand does not enable it."""
    return current if current.status in _OFF else Standing(Status.ACTIVE)


def after_failure(current: Standing, failure: Failure, reason: str, failures: int, action: str | None = None) -> Standing:
    """After a failed poll.

    Args:
        current: before it.
        failure: what it means.
        reason: what happened, for people; holds no secret.
        failures: how many in a row there were, with this one.
        action: what an operator must do; None: what the kind of failure wants.
    """
    if current.status in _OFF:
        return current
    if failure in _PASSING and (failures < PASSING_FAILURES or current.status is not Status.ACTIVE):
        # An outage proves neither that the credentials are good again nor that they are not.
        return current
    status, usual = _MEANING[failure]
    return Standing(status, reason, action or usual)


def action_for(failure: Failure) -> str:
    """What an operator must do about a failure."""
    return _MEANING[failure][1]
