"""The OAuth side of integrations as a whole: their settings, and what renews, authorises and revokes for one of them."""

from uuid import UUID

import psycopg
from psycopg.rows import tuple_row
from psycopg.types.json import Jsonb
from pydantic import SecretStr, ValidationError

from reconduit.authorisation.authorisation_request import CallbackTarget, begin_authorisation, take_callback
from reconduit.authorisation.client import OAuthClient
from reconduit.authorisation.errors import AuthorisationRequestError, ClientSettingsError
from reconduit.authorisation.journal import AnswerJournal, JournalSettings
from reconduit.authorisation.keeper import TokenKeeper
from reconduit.authorisation.renewal_lock import RenewalLock
from reconduit.authorisation.token_endpoint import TokenEndpoint
from reconduit.authorisation.token_store import TokenState, TokenStore
from reconduit.vault import Vault, open_vault

__all__ = ["Authorisations", "open_authorisations"]

_PUT = """INSERT INTO oauth_client (tenant_id, integration_id, settings) VALUES (%s, %s, %s)
          ON CONFLICT (tenant_id, integration_id) DO UPDATE SET settings = excluded.settings, updated_at = now()"""
_GET = "SELECT settings FROM oauth_client WHERE tenant_id = %s AND integration_id = %s"


class Authorisations:
    """OAuth of all integrations in one database.

    Args:
        dsn: libpq URL; the renewal lock wants connections of its own.
        vault: keeps credentials and tokens.
        journal: keeps answers until they are stored.
        exchange_seconds: bound of a request to a token endpoint.
    """

    def __init__(self, dsn: str, vault: Vault, journal: AnswerJournal, *, exchange_seconds: float = 20.0) -> None:
        self._dsn = dsn
        self._vault = vault
        self._journal = journal
        self._seconds = exchange_seconds

    @property
    def vault(self) -> Vault:
        """What keeps credentials and tokens."""
        return self._vault

    def configure(self, tenant_id: str, integration_id: UUID, client: OAuthClient) -> None:
        """Store the OAuth settings of an integration. Tokens that it has stay as they are."""
        settings = Jsonb(client.model_dump(mode="json", exclude_defaults=True))
        with self._vault.transaction() as connection:
            connection.execute(_PUT, (tenant_id, integration_id, settings))

    def client(self, tenant_id: str, integration_id: UUID) -> OAuthClient | None:
        """The OAuth settings of an integration; None when it has none.

        Raises:
            ClientSettingsError: what is stored is of another version.
        """
        with self._vault.transaction() as connection, connection.cursor(row_factory=tuple_row) as cursor:
            row = cursor.execute(_GET, (tenant_id, integration_id)).fetchone()
        if row is None:
            return None
        try:
            return OAuthClient.model_validate(row[0])
        except ValidationError as error:
            wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_input=False))
            raise ClientSettingsError(f"OAuth of integration {integration_id}: {wrong}; put its OAuth settings again") from None

    def state(self, tenant_id: str, integration_id: UUID) -> TokenState | None:
        """What is known of an integration's tokens; None when it never had one."""
        with self._vault.transaction() as connection:
            return TokenStore(self._vault, tenant_id, integration_id).state(connection)

    def keeper(self, tenant_id: str, integration_id: UUID, source: str = "") -> TokenKeeper:
        """What hands out and renews an integration's access token; keep one per process.

        Raises:
            ClientSettingsError: the integration has no OAuth settings.
        """
        client, endpoint = self._endpoint(tenant_id, integration_id)
        # Longer than an exchange that somebody left unfinished, and the wait for a database that is away.
        lock = RenewalLock(self._dsn, tenant_id, integration_id, wait_seconds=2 * endpoint.longest_seconds + 30)
        return TokenKeeper(self._vault, tenant_id, integration_id, client, endpoint, self._journal, lock, source)

    def begin(self, tenant_id: str, integration_id: UUID, session: bytes) -> str:
        """Address of the provider's page; see `reconduit.authorisation.authorisation_request`."""
        client, _ = self._endpoint(tenant_id, integration_id)
        return begin_authorisation(self._vault, tenant_id, integration_id, client, session)

    def complete(self, *, state: str, code: str, session: bytes, issuer: str | None = None) -> CallbackTarget:
        """Take the code of a callback and store the tokens that it is exchanged for.

        Raises:
            AuthorisationRequestError: the answer is not to a request of this session, or from another issuer.
            AuthorisationError: the exchange failed; see `reconduit.authorisation.errors`.
        """
        target = take_callback(self._vault, state, session)
        client, endpoint = self._endpoint(target.tenant_id, target.integration_id)
        if client.issuer is not None and issuer is not None and issuer != client.issuer:
            raise AuthorisationRequestError("the answer names another issuer than this integration's; nothing was sent to it")
        self.keeper(target.tenant_id, target.integration_id).adopt(
            lambda: endpoint.exchange_code(SecretStr(code), target.verifier, target.redirect_uri)
        )
        return target

    def refuse(self, *, state: str, session: bytes) -> CallbackTarget:
        """Take note that the provider's page answered with an error; raises as `complete`."""
        return take_callback(self._vault, state, session)

    def _endpoint(self, tenant_id: str, integration_id: UUID) -> tuple[OAuthClient, TokenEndpoint]:
        client = self.client(tenant_id, integration_id)
        if client is None:
            raise ClientSettingsError(f"integration {integration_id} has no OAuth settings; put them first")
        return client, TokenEndpoint(client, self._vault.reader(tenant_id, integration_id), seconds=self._seconds)


def open_authorisations(dsn: str) -> Authorisations:
    """OAuth with the keys and the journal that the environment names.

    Args:
        dsn: libpq URL.

    Raises:
        VaultKeyError: the environment names no key.
    """
    vault = open_vault(lambda: psycopg.connect(dsn, connect_timeout=5))
    return Authorisations(dsn, vault, AnswerJournal(JournalSettings().folder, vault.keys))
