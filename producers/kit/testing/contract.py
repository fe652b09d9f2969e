"""The contract of a connector as tests: subclass `ConnectorContract`, say what the provider answers, and let pytest collect it.

```python
class TestAcme(ConnectorContract):
    now = dt.datetime(2026, 1, 15, 12, tzinfo=dt.UTC)
    secrets = ("s3cret-value",)
    requests_per_poll = 3
    currencies = ("JPY", "BHD")
    zones = ("Asia/Kolkata", "Europe/Berlin")
    unknown_values = ({"side": "both"},)
    not_applicable = {"token_refresh": "the bank gives one token for good"}

    def handler(self, request: FakeRequest) -> FakeResponse:   # the provider, with the records of self.listed
        ...

    def build(self, base_url: str) -> Connector:               # a connector as it would be after a restart
        return build(SourceConfig(name="acme", connector="acme", base_url=base_url, ...))
```

The cases change `listed` while they poll. A case that cannot hold is declared, with the reason, and shows as skipped with it.
"""

import zoneinfo
from contextlib import closing

from producers.kit.contract import Capabilities
from producers.kit.registry import CONNECTORS
from producers.kit.testing.changes import ChangeCases
from producers.kit.testing.faults import FaultCases
from producers.kit.testing.measures import MeasureCases
from producers.kit.testing.pages import PageCases
from producers.kit.testing.scenario import transactions
from producers.kit.testing.secrecy import SecrecyCases
from producers.kit.testing.values import ValueCases, last_transition

__all__ = ["ConnectorContract"]

_SHORTEST_REASON = 20
_OF_HTTP = frozenset({"paging_to_the_end", "mutation_between_pages", "passing_faults", "one_failure", "rate_limits", "timeouts"})
"""Cases that only a source without HTTP can be without."""


class ConnectorContract(PageCases, ChangeCases, FaultCases, ValueCases, SecrecyCases, MeasureCases):
    """Every case; pytest runs them in a subclass whose name begins with `Test`. Attributes: see `Scenario`."""

    def test_what_is_not_applicable(self) -> None:
        """Only optional cases are declared not applicable, each with a reason, and none against what the connector shows."""
        for name, reason in self.not_applicable.items():
            case = getattr(self, f"test_{name}", None)
            assert getattr(case, "is_optional", False), f"not_applicable: {name!r} is no case, or one that every connector passes"
            assert len(reason) >= _SHORTEST_REASON, f"not_applicable: {reason!r} is no reason that a reader can judge {name} by"
            assert not self._set_up_for(name), f"not_applicable has {name}, but the class is set up for it"
        with self.provider() as provider:
            with closing(self.build(provider.base_url)) as connector:
                shown = connector.capabilities
            currencies = {record.currency for record in transactions(self.poll(provider))}
        self._check_against(shown, currencies)

    def _set_up_for(self, name: str) -> bool:
        """Whether the class says something of which the case, declared not applicable, would make use."""
        said: dict[str, object] = {
            "token_refresh": self.token_paths,
            "refused_credentials": self.secrets,
            "unknown_values": self.unknown_values,
            "currency_decimals": self.currencies,
            "daylight_saving": [zone for zone in self.zones if last_transition(zoneinfo.ZoneInfo(zone), self.now) is not None],
        }
        return bool(said.get(name))

    def test_registered_connector(self) -> None:
        """What the registry builds under the names of `connectors` is what these cases build."""
        with self.provider() as provider, closing(self.build(provider.base_url)) as connector:
            built = type(connector)
        for name in self.connectors:
            module = CONNECTORS.get(name, "").partition(":")[0]
            assert built.__module__ == module, (
                f"the cases build {built.__module__}.{built.__name__}, the registry's {name} is {module}"
            )

    def _check_against(self, shown: Capabilities, currencies: set[str]) -> None:
        declared = set(self.not_applicable)
        assert shown.files or not declared & _OF_HTTP, f"{sorted(declared & _OF_HTTP)} hold for every connector that speaks HTTP"
        assert ("corrections" in declared) is not shown.revisions, (
            "a connector whose capabilities have revisions shows one in the case corrections, and any other declares it"
        )
        assert "currency_decimals" not in declared or len(currencies) == 1, f"it has several currencies: {sorted(currencies)}"
