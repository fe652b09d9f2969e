"""JSON lines on stderr, for every process; values of keys that look like secrets are masked wherever they are nested."""

import logging
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog
from pydantic import SecretBytes, SecretStr

from reconduit.errors import SettingsError

__all__ = ["configure_logging", "mask"]

_MASK = "***"
_SECRET_PARTS = (
    "token",
    "secret",
    "password",
    "passwd",
    "authorization",
    "apikey",
    "api_key",
    "credential",
    "private_key",
    "cookie",
)
_HARMLESS = frozenset({"token_url", "token_expires_in", "next_page_token_seen"})
"""Keys that contain one of the parts and are known to carry no secret."""

_NOISY = ("httpx", "httpcore", "paramiko", "urllib3", "faker")
"""Libraries that log request addresses (with their query) or key exchange below WARNING."""


def _is_secret(key: str) -> bool:
    name = key.lower().replace("-", "_")
    return name not in _HARMLESS and any(part in name for part in _SECRET_PARTS)


def mask(value: Any) -> Any:
    """`value` with every secret in it replaced: SecretStr, SecretBytes, and whatever stands under a key named like one."""
    if isinstance(value, SecretStr | SecretBytes):
        return _MASK
    if isinstance(value, Mapping):
        return {key: _MASK if _is_secret(str(key)) else mask(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [mask(inner) for inner in value]
    return value


def _mask_event(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in event.items():
        # Underscored keys belong to structlog itself and are removed before rendering.
        if not key.startswith("_"):
            event[key] = _MASK if _is_secret(key) else mask(value)
    return event


def configure_logging(process: str, level: str = "INFO", **bound: str) -> None:
    """Send structlog and the standard library's logging to stderr as JSON lines; call it once, first thing in a process.

    Args:
        process: name of the process, in every line.
        level: lowest level to show.
        bound: further fields of every line, such as the source.

    Raises:
        SettingsError: there is no such level.
    """
    number = logging.getLevelNamesMapping().get(level.upper())
    if number is None:
        raise SettingsError(f"RECONDUIT_LOG_LEVEL is {level!r}; use DEBUG, INFO, WARNING, ERROR or CRITICAL")
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        structlog.processors.StackInfoRenderer(),
    ]
    # Tracebacks carry no local variables: those hold payloads and tokens.
    to_json: list[structlog.types.Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        _mask_event,
        structlog.processors.JSONRenderer(default=str),
    ]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=to_json))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(number)
    for name in _NOISY:
        logging.getLogger(name).setLevel(max(number, logging.WARNING))
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(process=process, **bound)
