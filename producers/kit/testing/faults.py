"""Cases of a provider that fails: for a moment, for long, by silence, by its quota, and by refusing who asks."""

import threading

from producers.errors import AuthenticationError, PermissionDeniedError, ProducerError, RateLimitError
from producers.kit.contract import Page
from producers.kit.fake_provider import FakeProvider, Fault
from producers.kit.testing.scenario import Scenario, contents, identities, optional
from producers.kit.testing.waiting import impatient, without_waiting

__all__ = ["FaultCases"]

_PASSING = (Fault.SERVER_ERROR, Fault.TRUNCATED, Fault.HTML, Fault.RATE_LIMITED)
_STEP_SECONDS = 0.15
_BOUND_SECONDS = 60.0
_LONGEST_WAIT = 120.0


class FaultCases(Scenario):
    """What a connector does when its provider does not."""

    @optional
    def test_passing_faults(self) -> None:
        """500, a body cut short, a maintenance page and 429 end the poll with a retryable error; the next one completes it."""
        with self.provider() as provider:
            whole = self.poll(provider)
            data = sum(map(self.is_data, provider.requests))
            for fault in _PASSING:
                # Where it falls matters little to the kind of fault, so one kind falls everywhere and the others in the middle.
                for skip in sorted({0, data // 2, data - 1}) if fault is _PASSING[0] else [data // 2]:
                    provider.break_with(fault, skip=skip, only=self.is_data)
                    pages: list[Page] = []
                    error = self.error_of(pages, provider)
                    assert error is not None, f"{fault} after {skip} requests went unnoticed"
                    assert error.retryable, f"{fault} after {skip} requests is terminal: {error!r}"
                    assert identities(pages) == identities(whole)[: len(identities(pages))]
                    provider.heal()
                    rest = self.poll_on(provider, pages)
                    assert set(identities([*pages, *rest])) == set(identities(whole)), f"{fault} after {skip} requests"

    @optional
    def test_one_failure(self) -> None:
        """A single 500, cut body, maintenance page or 429 is tried again within the poll, after a bounded wait."""
        with self.provider() as provider:
            whole = self.poll(provider)
            for fault in _PASSING:
                provider.break_with(fault, times=1, only=self.is_data)
                with without_waiting() as waits:
                    assert contents(self.poll(provider)) == contents(whole)
                assert waits, f"{fault} was tried again without any wait"
                assert max(waits) <= _LONGEST_WAIT
                provider.heal()

    @optional
    def test_rate_limits(self) -> None:
        """A 429 is not tried again sooner than `Retry-After` says, and not within the poll when that is long."""
        with self.provider() as provider:
            whole = self.poll(provider)
            provider.break_with(Fault.RATE_LIMITED_BRIEFLY, times=1, only=self.is_data)
            with without_waiting() as waits:
                assert contents(self.poll(provider)) == contents(whole)
            assert max(waits, default=0.0) >= Fault.RATE_LIMITED_BRIEFLY.asks_for, "the request came sooner than Retry-After says"
            provider.heal()
            provider.break_with(Fault.RATE_LIMITED_LONG, only=self.is_data)
            before = sum(map(self.is_data, provider.requests))
            with without_waiting() as waits:
                error = self.error_of([], provider)
            asked = sum(map(self.is_data, provider.requests)) - before
        assert isinstance(error, RateLimitError), f"429 became {error!r}"
        assert error.retry_after == Fault.RATE_LIMITED_LONG.asks_for, "the runner must learn how long to stay away"
        assert asked == 1, f"asked {asked} times although Retry-After says an hour"
        assert max(waits, default=0.0) <= _LONGEST_WAIT, "a poll does not sleep for an hour"

    @optional
    def test_timeouts(self) -> None:
        """A provider that takes the request and says nothing ends the poll with a retryable error, within the kit's time-outs."""
        caught: list[Exception | None] = []
        with self.provider() as provider, impatient(_STEP_SECONDS):
            provider.break_with(Fault.SILENT, only=self.is_data)

            def poll() -> None:
                try:
                    caught.append(self.error_of([], provider))
                except Exception as error:  # noqa: BLE001  of whatever it waits with; judged below
                    caught.append(error)

            polling = threading.Thread(target=poll, daemon=True)
            polling.start()
            polling.join(_BOUND_SECONDS)
            assert not polling.is_alive(), "the poll waits for an answer without any bound"
        assert caught[0] is not None, "silence went unnoticed"
        assert isinstance(caught[0], ProducerError), f"silence became {caught[0]!r}, none of producers.errors"
        assert caught[0].retryable, f"silence is terminal: {caught[0]!r}"

    @optional
    def test_refused_credentials(self) -> None:
        """401 on everything ends in AuthenticationError (or PermissionDeniedError), and nothing is published."""
        with self.provider() as provider:
            provider.break_with(Fault.UNAUTHORIZED)
            pages: list[Page] = []
            error = self.error_of(pages, provider)
            asked = len(provider.requests)
        assert isinstance(error, AuthenticationError | PermissionDeniedError), f"401 became {error!r}"
        assert not error.retryable
        assert not identities(pages)
        assert asked <= 2, f"refused credentials were sent {asked} times, which is how accounts are locked"

    @optional
    def test_token_refresh(self) -> None:
        """A token that is refused is refreshed once and the poll goes on; refused again, it is terminal and no hammering."""
        assert self.token_paths, "name the token endpoint in token_paths, or declare the case not applicable"
        with self.provider() as provider:
            whole = self.poll(provider)
            provider.break_with(Fault.UNAUTHORIZED, skip=1, times=1, only=self.is_data)
            assert contents(self.poll(provider)) == contents(whole)
            assert self._tokens(provider) == 1 + 2, "one token for the first poll, two for the one whose token was refused"
            provider.heal()
            provider.break_with(Fault.UNAUTHORIZED, only=self.is_data)
            pages: list[Page] = []
            error = self.error_of(pages, provider)
        assert isinstance(error, AuthenticationError), f"a token refused twice became {error!r}"
        assert not identities(pages)
        assert self._tokens(provider) == 1 + 2 + 2, "a token is refreshed once and not over and over"

    def _tokens(self, provider: FakeProvider) -> int:
        return sum(not self.is_data(request) for request in provider.requests)
