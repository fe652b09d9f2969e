"""What can go wrong with an integration's configuration.

```
IntegrationError            terminal: the root
├── UnknownIntegrationError terminal: there is no such integration, command or secret
├── NameTakenError          terminal: another integration of the tenant has the name
├── VersionConflictError    terminal: somebody changed the integration meanwhile
├── RepeatedKeyError        terminal: an idempotency key came before with another request
└── CommandRefusedError     terminal: what stands keeps the command from being carried out
```
"""

from reconduit.errors import ReconduitError

__all__ = [
    "CommandRefusedError",
    "IntegrationError",
    "NameTakenError",
    "RepeatedKeyError",
    "UnknownIntegrationError",
    "VersionConflictError",
]


class IntegrationError(ReconduitError):
    """An integration cannot be made, changed or asked."""


class UnknownIntegrationError(IntegrationError):
    """There is no integration, or no command of it, under the name or id."""


class NameTakenError(IntegrationError):
    """Another integration of the tenant has the name."""


class VersionConflictError(IntegrationError):
    """The integration is no longer as the caller saw it: read it again, then change it."""


class RepeatedKeyError(IntegrationError):
    """An idempotency key came before with another request."""


class CommandRefusedError(IntegrationError):
    """What stands keeps the command from being carried out; the message says what must be done first."""
