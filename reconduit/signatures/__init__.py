"""Signatures of webhooks: each provider's own scheme, several secrets at a time, a replay window, and the identity of an event."""

from reconduit.signatures.delivery import Delivery, Verified
from reconduit.signatures.providers import Scheme, scheme_of

__all__ = ["Delivery", "Scheme", "Verified", "scheme_of"]
