"""Options of a feed source."""

from pydantic import BaseModel, ConfigDict, Field

from producers.errors import MissingSecretError
from producers.kit.source_options import require_address, validated_options
from reconduit.sources import SourceConfig

__all__ = ["FeedOptions", "load_options"]


class FeedOptions(BaseModel):
    """`options:` of a source with `connector: core`, `gateway` or `mobile`. Its `base_url` names the feed.

    Its secret is `token`; an integration with OAuth settings needs none.

    Attributes:
        path: of the listing, below `base_url`.
        page_size: records per request; the feeds allow 1,000.
        requests_per_second: the feeds allow 50 in the long run.
        max_pages: bound on the pages of one poll.
        bank_code: `bank_code` of the canonical records; none when not given.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str = "/records"
    page_size: int = Field(default=500, ge=1, le=1000)
    requests_per_second: int = Field(default=20, ge=1)
    max_pages: int = Field(default=10_000, ge=1)
    bank_code: str | None = None


def load_options(config: SourceConfig) -> FeedOptions:
    """The source's options and a check that its address and secret are named.

    Raises:
        ConfigurationError: an option is wrong, or the secret (MissingSecretError) or the address is missing; the message names it.
    """
    options = validated_options(FeedOptions, config)
    if "token" not in config.secrets and not config.has_authorisation:
        raise MissingSecretError(f"source {config.name}: secrets: token missing, and the source has no OAuth settings either")
    require_address(config)
    return options
