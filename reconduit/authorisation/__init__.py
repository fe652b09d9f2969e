"""OAuth 2.0 of integrations: authorise, exchange, refresh, revoke; tokens in the vault, renewed by one process at a time."""

from reconduit.authorisation.client import OAuthClient
from reconduit.authorisation.integrations import Authorisations, open_authorisations
from reconduit.authorisation.keeper import TokenKeeper

__all__ = ["Authorisations", "OAuthClient", "TokenKeeper", "open_authorisations"]
