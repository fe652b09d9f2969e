"""The shipped test-kit: the cases that a connector passes before it is registered, and the fake provider they run against."""

from producers.kit.fake_provider import FakeProvider, FakeRequest, FakeResponse, Fault, forward_to
from producers.kit.testing.contract import ConnectorContract
from producers.kit.testing.sample import SampleRecord, sample_records
from producers.kit.testing.waiting import impatient, without_waiting

__all__ = [
    "ConnectorContract",
    "FakeProvider",
    "FakeRequest",
    "FakeResponse",
    "Fault",
    "SampleRecord",
    "forward_to",
    "impatient",
    "sample_records",
    "without_waiting",
]
