"""TLS of a source's own: the client certificate and the authorities that are among its secrets."""

import ssl

from pydantic import SecretStr

from producers.errors import ConfigurationError
from reconduit.authorisation.client import TLS_AUTHORITIES, TLS_CERTIFICATE, TLS_KEY
from reconduit.authorisation.errors import ClientSettingsError
from reconduit.authorisation.tls import tls_context
from reconduit.sources import SourceConfig

__all__ = ["source_tls"]


def source_tls(config: SourceConfig) -> ssl.SSLContext | None:
    """TLS with the secrets `tls_certificate`, `tls_key` and `tls_authorities` of a source; None when it has none of them.

    Raises:
        ConfigurationError: they are no PEM texts that fit together.
    """
    texts = {name: _text(config, name) for name in (TLS_CERTIFICATE, TLS_KEY, TLS_AUTHORITIES)}
    if not any(texts.values()):
        return None
    if texts[TLS_KEY] is not None and texts[TLS_CERTIFICATE] is None:
        raise ConfigurationError(f"source {config.name}: secret {TLS_KEY} is there, but not {TLS_CERTIFICATE}")
    try:
        return tls_context(certificate=texts[TLS_CERTIFICATE], key=texts[TLS_KEY], authorities=texts[TLS_AUTHORITIES])
    except ClientSettingsError as error:
        raise ConfigurationError(f"source {config.name}: {error}") from error


def _text(config: SourceConfig, name: str) -> SecretStr | None:
    reference = config.secrets.get(name)
    return None if reference is None else reference.resolve()
