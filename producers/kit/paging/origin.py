"""An address that an answer names, made absolute; it must stay on the host that was asked, which alone may see the credentials."""

from urllib.parse import urljoin, urlsplit

from producers.errors import ContractChangeError

__all__ = ["same_origin_url"]

_PORTS = {"http": 80, "https": 443}


def same_origin_url(named: str, asked: str) -> str:
    """`named` (absolute, relative, or only a query) as seen from the address `asked`, without a fragment.

    Raises:
        ContractChangeError: it is no address, or one on another scheme, host or port.
    """
    try:
        url = urlsplit(urljoin(asked, named.strip()))
        origin = _origin(url.scheme, url.hostname, url.port)
    except ValueError as error:
        raise ContractChangeError(f"the address of the next page is none: {error}") from error
    here = urlsplit(asked)
    if origin != _origin(here.scheme, here.hostname, here.port) or url.username is not None:
        raise ContractChangeError(
            f"the next page is on {url.scheme}://{url.hostname}, but {here.scheme}://{here.hostname} was asked;"
            " credentials are not sent there"
        )
    return url._replace(fragment="").geturl()


def _origin(scheme: str, host: str | None, port: int | None) -> tuple[str, str | None, int | None]:
    return scheme, host, port or _PORTS.get(scheme)
