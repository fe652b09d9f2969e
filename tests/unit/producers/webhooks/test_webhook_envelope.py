"""The envelope of a delivered event."""

import datetime as dt

from producers.webhooks.publishing import event_address
from reconduit.webhooks.events import StoredEvent

EVENT = StoredEvent(
    event_number=7,
    provider="razorpay",
    event_key="id:evt_1",
    event_type="payment.captured",
    received_at=dt.datetime(2026, 11, 21, 12, 0, tzinfo=dt.UTC),
    headers={"content-type": "application/cloudevents+json", "x-razorpay-signature": "00"},
    raw=b"{}",
    publications=2,
)


def test_a_replay_has_the_same_id_and_key_and_a_higher_number() -> None:
    again = event_address("default", "shop", EVENT, "00-1-2-01")
    headers = dict(again.headers)
    assert again.key == b"id:evt_1"
    assert headers["ce_id"] == b"default/shop/razorpay/id:evt_1"
    assert headers["ce_publication"] == b"3"
    assert headers["ce_time"] == b"2026-11-21T12:00:00Z"
    assert headers["ce_providertype"] == b"payment.captured"
    assert headers["content-type"] == b"application/cloudevents+json"
    # Whoever reads the topic needs no signature, and could try it elsewhere.
    assert not any("signature" in name for name in headers)
