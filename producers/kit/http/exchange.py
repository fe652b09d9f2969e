"""One exchange with a provider: a request out, its whole answer in, counted, timed and bounded. No repetition; see `transport`."""

import ssl
import time
from collections.abc import Callable, Mapping

import httpx

from producers.errors import ContractChangeError, TransientError
from producers.kit.auth.oauth import ClientCredentials
from producers.kit.http.bounded import DEADLINE, BoundedTransport, Timeouts
from producers.kit.http.endpoint import proxy_for
from producers.kit.http.recording import recorded
from producers.kit.http.status import network_error
from producers.kit.http.sunset import SunsetWatch
from reconduit.metrics import HTTP_REQUESTS, HTTP_SECONDS, TOKEN_EXPIRY, status_bucket

__all__ = ["Exchanges"]

_MAX_REDIRECTS = 3
_DROPPED_HEADERS = frozenset({"content-encoding", "content-length", "transfer-encoding"})


class Exchanges:
    """The connections to one provider.

    Args:
        base_url: root that paths are relative to.
        auth: an httpx auth, or a user and password pair.
        tls: of the connections.
        headers: sent with every request.
        source: label of the metrics, and name of the recording.
        timeouts: bounds in seconds of each step and of the whole call.
        max_body: largest body of a response in bytes, before and after it is unpacked.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        base_url: str,
        *,
        auth: httpx.Auth | tuple[str, str] | None,
        tls: ssl.SSLContext,
        headers: Mapping[str, str] | None,
        source: str,
        timeouts: Timeouts,
        max_body: int,
        clock: Callable[[], float],
    ) -> None:
        self._source = source
        self._auth = auth
        self._sunset = SunsetWatch(source)
        self._timeouts = timeouts
        self._max_body = max_body
        self._clock = clock
        inner = httpx.HTTPTransport(verify=tls, proxy=proxy_for(base_url))
        self._client = httpx.Client(
            base_url=base_url,
            auth=auth,
            headers={"User-Agent": "reconduit"} | dict(headers or {}),
            transport=recorded(BoundedTransport(inner, max_body, clock), source),
            trust_env=False,
        )
        for bucket in ("2xx", "3xx", "4xx", "5xx", "error"):
            HTTP_REQUESTS.labels(source, bucket)

    @property
    def client(self) -> httpx.Client:
        """Builds the requests."""
        return self._client

    def is_here(self, url: httpx.URL) -> bool:
        """Whether an address is on the provider's origin: credentials are sent nowhere else."""
        return _origin(url) == _origin(self._client.base_url)

    def send(self, call: httpx.Request, what: str, deadline: float) -> httpx.Response:
        """Send and read; follow redirects that stay on the origin, as far as three.

        Args:
            call: made by `client`.
            what: method and address without the query, for messages.
            deadline: monotonic second at which the whole call must be over.

        Raises:
            ProducerError: no whole answer came: `TransientError`, or `ConfigurationError` for a certificate; or it is too long,
                or leads in circles: `ContractChangeError`.
        """
        request, bucket, started = call, "error", self._clock()
        try:
            for _ in range(_MAX_REDIRECTS + 1):
                left = deadline - self._clock()
                if left <= 0:
                    raise TransientError(f"{what}: no answer within {self._timeouts.total:g} s")
                request.extensions = {"timeout": self._timeouts.within(left), DEADLINE: deadline}
                response = self._client.send(request, stream=True)
                following = response.next_request
                body = self._body_of(response, what)
                if following is None or call.method not in {"GET", "HEAD"} or not self.is_here(following.url):
                    bucket = status_bucket(response.status_code)
                    self._sunset.observe(response.headers, what)
                    return body
                request = following
            raise ContractChangeError(f"{what}: more than {_MAX_REDIRECTS} redirects")
        except httpx.RequestError as error:
            raise network_error(error, what) from error
        finally:
            HTTP_REQUESTS.labels(self._source, bucket).inc()
            HTTP_SECONDS.labels(self._source).observe(max(0.0, self._clock() - started))
            self._show_expiry()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _show_expiry(self) -> None:
        """Tokens of integrations are shown where they are kept, by `reconduit.authorisation`; these are kept by the auth itself."""
        left = self._auth.seconds_left if isinstance(self._auth, ClientCredentials) else None
        if left is not None:
            TOKEN_EXPIRY.labels(self._source, "access").set(time.time() + left)

    def _body_of(self, response: httpx.Response, what: str) -> httpx.Response:
        """The response with its body read and unpacked, of bounded size also when it unpacks to far more than was sent."""
        content = bytearray()
        try:
            for chunk in response.iter_bytes():
                content += chunk
                if len(content) > self._max_body:
                    raise ContractChangeError(f"{what}: the body unpacks to more than {self._max_body} bytes")
        finally:
            response.close()
        headers = [(name, value) for name, value in response.headers.multi_items() if name not in _DROPPED_HEADERS]
        return httpx.Response(response.status_code, headers=headers, content=bytes(content), request=response.request)


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port
