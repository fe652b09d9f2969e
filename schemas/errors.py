"""Errors of the contracts: money, keys, Avro and the schema registry."""

from reconduit.errors import ReconduitError

__all__ = ["AmountError", "CompatibilityError", "DecodeError", "RegistryError", "SchemaError", "UnknownSchemaError"]


class SchemaError(ReconduitError):
    """A value breaks one of the contracts in `schemas/`."""


class AmountError(SchemaError):
    """An amount is no number, or has more decimals than its currency; it goes to quarantine, never rounded."""


class DecodeError(SchemaError):
    """A message is not in the Confluent wire format or its body does not fit its schema."""


class UnknownSchemaError(DecodeError):
    """The schema id of a message is in neither the registry nor the committed id map."""


class CompatibilityError(SchemaError):
    """A changed schema breaks FULL_TRANSITIVE compatibility with its committed history."""


class RegistryError(SchemaError):
    """The schema registry could not be asked; the message itself may be fine, so wait and ask again."""

    retryable = True
