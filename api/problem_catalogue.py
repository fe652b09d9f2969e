"""What each problem type means: the pages that the `type` of a problem points to."""

from typing import Final

__all__ = ["PROBLEMS"]

PROBLEMS: Final = {
    "authorisation-refused": (
        "Authorisation refused",
        "The answer belongs to no authorisation of this session, or a person must authorise the integration first.",
    ),
    "bad-cursor": (
        "Cursor refused",
        "A cursor continues one listing with the same filters and sort order. Start again without `cursor`.",
    ),
    "bad-members": (
        "Records do not fit",
        "The records of a decision must be on sides of one reconciliation, and of one book where it is closed book by book.",
    ),
    "bad-request": ("Bad request", "The request could not be understood."),
    "busy": ("Busy", "Too many requests of this kind are in hand. Nothing was taken; try again after the Retry-After time."),
    "conflict": (
        "Conflict",
        "What stands contradicts the request, for instance a record that is in another confirmed match. `detail` names it.",
    ),
    "content-too-large": ("Content too large", "The body is longer than this address takes; `detail` says how long it may be."),
    "database-unavailable": (
        "Database unavailable",
        "Postgres does not answer, or `reconduit migrate` was not run. Nothing is lost; ask again after the Retry-After time.",
    ),
    "foreign-origin": ("Foreign origin", "Forms are accepted from this server's own pages only."),
    "idempotency-key-reused": (
        "Idempotency key reused",
        "An Idempotency-Key stands for one request. Repeat that request unchanged, or use a new key.",
    ),
    "internal-error": ("Internal error", "The server failed; its log has the cause."),
    "invalid-parameters": (
        "Invalid parameters",
        "A parameter is unknown or has a value of the wrong form; `errors` names each. /v1/openapi.json lists all parameters.",
    ),
    "method-not-allowed": ("Method not allowed", "This address takes other methods; /v1/openapi.json lists them."),
    "not-found": (
        "Not found",
        "There is nothing at this address. A break that was resolved has no page any more; search by its key.",
    ),
    "precondition-failed": (
        "Precondition failed",
        "Somebody changed it since it was read. Read it again, and repeat the change with the new ETag if it is still wanted.",
    ),
    "provider-failed": (
        "Provider refused",
        "The provider refuses the client, or its answer cannot be understood. Check the OAuth settings and the secrets.",
    ),
    "provider-unavailable": ("Provider unavailable", "The provider does not answer, or asks to come back later. Ask again."),
    "query-timeout": ("Query timeout", "The query took too long. Narrow it by date, account, source or reconciliation."),
    "request-timeout": ("Request timeout", "The body did not arrive in time. Send it again, faster."),
    "unauthorized": ("Unauthorized", "Send `Authorization: Bearer TOKEN` with the token in RECONDUIT_API_TOKEN, or sign in."),
    "vault-closed": (
        "Vault closed",
        "The server has no key to seal secrets with. Set RECONDUIT_VAULT_KEY_FILE or RECONDUIT_VAULT_KEYS and start it again.",
    ),
    "unknown-host": ("Unknown host", "Without a token, requests must name 127.0.0.1, [::1] or localhost as their host."),
}
