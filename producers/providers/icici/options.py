"""Options and secrets of an ICICI source."""

from typing import Annotated

from pydantic import Field, StringConstraints

from producers.kit.statements.statement_options import StatementOptions

__all__ = ["SECRETS", "IciciOptions"]

SECRETS = ("api_key", "private_key", "bank_public_key")
"""Secrets a source must name: the `apikey` header; our RSA private key (PEM); the bank's public key or certificate (PEM)."""

Identifier = Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=r"^[\x21-\x7e]+$")]


class IciciOptions(StatementOptions):
    """What the file of sources says under `options:`, besides what `StatementOptions` has.

    `aggr_id`, `corp_id`, `user_id` and `urn` are what the bank gave at registration (AGGRID, CORPID, USERID, URN).
    """

    aggr_id: Identifier
    corp_id: Identifier
    user_id: Identifier
    urn: Identifier
    page_size: int | None = Field(default=None, ge=1)
    """Rows of a full page, when known: a shorter page is then the last. Unknown, a page without new ids ends the window."""
    statement_path: str = Field(default="/api/Corporate/CIB/v1/AccountStatements", pattern=r"^/")
    forwarded_for: str | None = None
    """The address that the bank has on its allow-list, sent as `x-forwarded-for` when given."""
