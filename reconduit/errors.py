"""The root of every error that Reconduit raises outside its pure engine.

```
ReconduitError
├── SettingsError                     terminal: a setting or a configuration file is wrong
├── vault.errors.VaultError           stored secrets and their keys
├── authorisation.errors.AuthorisationError  OAuth tokens of integrations
├── signatures.errors.SignatureError   signatures of webhooks
├── integrations.errors.IntegrationError      configured integrations and their commands
├── schemas.errors.SchemaError        contracts: Avro, money, keys
├── producers.errors.ProducerError    connectors, formats, publishing
├── consumers.errors.ConsumerError    decoding, storing, offsets
├── api.errors.ApiError               requests to the read API
└── deploy.errors.DeployError         local services
```

`reconciler.errors.ReconcilerError` stands apart: the engine imports nothing of ours.
"""

from typing import ClassVar

__all__ = ["ReconduitError", "SettingsError"]


class ReconduitError(Exception):
    """Something Reconduit could not do.

    Attributes:
        retryable: True when the same call may succeed later without a change by anybody (a time-out, a 503); False when
            somebody must act first (a wrong credential, a malformed file).
    """

    retryable: ClassVar[bool] = False


class SettingsError(ReconduitError):
    """A setting, source file or reconciliation file cannot be used; the message names it and the way out."""
