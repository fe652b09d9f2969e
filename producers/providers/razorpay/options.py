"""Options of the Razorpay connector."""

from pydantic import BaseModel, ConfigDict, Field

from producers.kit.source_options import require_address, require_secrets, validated_options
from reconduit.sources import SourceConfig

__all__ = ["RazorpayOptions", "load_options"]


class RazorpayOptions(BaseModel):
    """`options:` of a source with `connector: razorpay`. Secrets of the source: `key_id`, `key_secret`.

    Attributes:
        account_id: name of the merchant account in canonical records; Razorpay's rows carry none.
        page_size: rows per recon request; Razorpay allows 1,000.
        settlement_page_size: settlements per request; Razorpay allows 100.
        start_days: how far back the first poll reaches, days.
        overlap_days: closed days before today that every poll reads again.
        unresolved_days: for how long a day with rows that are not settled, or whose payout has no UTR yet, is read again.
        complete_lag_days: days that a closed IST day is given before it counts as complete; Razorpay declares nothing.
        requests_per_second: Razorpay publishes no limit; 5 to 10 are known to be fine.
        max_pages: bound on the pages of one day.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    account_id: str = Field(min_length=1)
    page_size: int = Field(default=1000, ge=1, le=1000)
    settlement_page_size: int = Field(default=100, ge=1, le=100)
    start_days: int = Field(default=30, ge=1)
    overlap_days: int = Field(default=5, ge=0)
    unresolved_days: int = Field(default=30, ge=0)
    complete_lag_days: int = Field(default=0, ge=0)
    requests_per_second: int = Field(default=5, ge=1)
    max_pages: int = Field(default=1000, ge=1)


def load_options(config: SourceConfig) -> RazorpayOptions:
    """The source's options and a check that its secrets are named.

    Raises:
        ConfigurationError: an option is wrong or a secret is missing; the message names it.
    """
    options = validated_options(RazorpayOptions, config)
    require_secrets(config, ("key_id", "key_secret"))
    require_address(config)
    return options
