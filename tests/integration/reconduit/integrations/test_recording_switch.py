"""An integration is recorded for some hours and no longer, by its switch in the registry; the rest of it stays as it is."""

import datetime as dt

import psycopg
import pytest

from producers.supervisor.targets import integration_targets
from reconduit.integrations.errors import UnknownIntegrationError
from reconduit.integrations.events import read_events
from reconduit.integrations.model import IntegrationDraft
from reconduit.integrations.outcomes import record_failure
from reconduit.integrations.recording import MOST_HOURS, set_recording
from reconduit.integrations.registry import create_integration, set_enabled
from reconduit.integrations.status import Failure, Status

TENANT = "default"
NONE: frozenset[str] = frozenset()


def test_recording_has_an_end_and_changes_nothing_else(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        made, _ = create_integration(connection, TENANT, IntegrationDraft(name="acme", connector="core"), actor="me")
        set_enabled(connection, TENANT, "acme", wanted=True, actor="me")
        record_failure(connection, made.integration_id, Failure.AUTHENTICATION, "401", fencing_token=None, wait=None)
        before = integration_targets(connection, NONE)[TENANT, "acme"]
        on = set_recording(connection, TENANT, "acme", 24, actor="me")
        assert on.record_http_until is not None
        (now,) = connection.execute("SELECT now()").fetchone() or (None,)
        assert on.record_http_until - now == dt.timedelta(hours=24)
        assert (on.status, on.status_reason, on.error_count) == (Status.LOGIN_ERROR, "401", 1), "nobody has stored credentials"
        after = integration_targets(connection, NONE)[TENANT, "acme"]
        assert after.revision != before.revision, "its producer must be started anew"
        off = set_recording(connection, TENANT, "acme", 0, actor="me")
        assert off.record_http_until is None
        events = [event["event"] for event in read_events(connection, made.integration_id, 2)]
        assert events == ["recording ended", "recording begun"]


def test_what_cannot_be_recorded_is_refused(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        with pytest.raises(UnknownIntegrationError):
            set_recording(connection, TENANT, "nobody", 1, actor="me")
        create_integration(connection, TENANT, IntegrationDraft(name="acme", connector="core"), actor="me")
        for hours in (-1, MOST_HOURS + 1):
            with pytest.raises(ValueError, match=f"not {hours}"):
                set_recording(connection, TENANT, "acme", hours, actor="me")
