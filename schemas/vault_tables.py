"""Tables of credentials: sealed secrets, and what is known of each integration's OAuth authorisation.

None of them is made from the log, so a replay keeps them.
"""

from sqlalchemy import BigInteger, Column, DateTime, LargeBinary, Table, Text, Uuid, func
from sqlalchemy.dialects.postgresql import JSONB

from schemas.metadata import metadata

__all__ = ["oauth_client", "oauth_request", "oauth_token", "secret"]

secret = Table(
    "secret",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("integration_id", Uuid, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("key_id", Text, nullable=False, comment="the key that opens it"),
    Column("nonce", LargeBinary, nullable=False),
    Column("ciphertext", LargeBinary, nullable=False, comment="AES-256-GCM; all other columns but updated_at are authenticated"),
    Column("version", BigInteger, nullable=False, comment="counts writes; compared by writers"),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

oauth_client = Table(
    "oauth_client",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("integration_id", Uuid, primary_key=True),
    Column("settings", JSONB, nullable=False, comment="reconduit.authorisation.client.OAuthClient; holds no secret"),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

oauth_token = Table(
    "oauth_token",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("integration_id", Uuid, primary_key=True),
    Column("generation", BigInteger, nullable=False, comment="counts the tokens that were stored; 0: none yet"),
    Column("state", Text, nullable=False, comment="active, or waiting_user_input"),
    Column("reason", Text, comment="why a person must authorise again"),
    Column("access_expires_at", DateTime(timezone=True)),
    Column("refresh_expires_at", DateTime(timezone=True), comment="null: the provider does not say"),
    Column("attempt_id", Uuid, comment="an exchange that was begun and whose answer is not stored"),
    Column("attempt_started_at", DateTime(timezone=True)),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

oauth_request = Table(
    "oauth_request",
    metadata,
    Column("state_digest", LargeBinary, primary_key=True, comment="sha256 of the state parameter"),
    Column("tenant_id", Text, nullable=False),
    Column("integration_id", Uuid, nullable=False),
    Column("session_digest", LargeBinary, nullable=False, comment="sha256 of what only the session that asked can present"),
    Column("redirect_uri", Text, nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
)
