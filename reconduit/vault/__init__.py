"""Secrets of integrations at rest: sealed with AES-256-GCM, bound to where they belong, under keys that rotate live."""

from reconduit.vault.keys import KeyProvider
from reconduit.vault.settings import open_vault
from reconduit.vault.store import Vault

__all__ = ["KeyProvider", "Vault", "open_vault"]
