"""Cases of a provider whose records change: while it is paged, after it was read, and under an id that was published."""

import datetime as dt
from collections import Counter
from dataclasses import replace

from producers.kit.testing.sample import SampleRecord, corrected
from producers.kit.testing.scenario import Scenario, contents, expected, identities, money, optional, transactions

__all__ = ["ChangeCases"]

_MOVED = 6
"""Number of the record that goes away: late enough that any overlap of two days still shows its neighbours."""
_CORRECTED = 7


class ChangeCases(Scenario):
    """Records that come, go and change."""

    @optional
    def test_mutation_between_pages(self) -> None:
        """A record that appears or goes away while pages are turned: after the next poll nothing else is lost, nothing double."""
        samples = self.samples()
        without = [record for record in samples if record.number != _MOVED]
        added = self._late()
        for changed, gone in (([*samples, added], []), (without, [r for r in samples if r.number == _MOVED])):
            with self.provider() as provider:
                self.poll(provider)
                requests = sum(map(self.is_data, provider.requests))
            for after in sorted({1, (requests + 1) // 2, requests}):
                with self.provider_that_changes(changed, after=after) as provider:
                    first = self.poll(provider)
                    pages = [*first, *self.poll_on(provider, first)]
                contents(pages)
                missing, excess = expected(changed) - money(pages), money(pages) - expected(changed)
                assert not missing, f"changed after request {after}: lost {sorted(missing)}"
                assert excess in (Counter(), expected(gone)), f"changed after request {after}: double {sorted(excess)}"

    def test_late_records(self) -> None:
        """A record that is booked into a day that was read comes with the next poll, and no poll later as another one."""
        late = self._late()
        with self.provider() as provider:
            first = self.poll(provider)
            self.show([*self.samples(), late])
            second = self.poll_on(provider, first)
            third = self.poll_on(provider, second or first)
        assert money([*first, *second]) == expected([*self.samples(), late])
        assert late.amount_minor in {record.amount_minor for record in transactions(second)}, "the late record was not found"
        assert contents([*first, *second, *third]) == contents([*first, *second]), "a poll with nothing new gave a new identity"

    @optional
    def test_duplicate_records(self) -> None:
        """A record that the provider lists twice stays one record."""
        samples = self.samples()
        (twice,) = [record for record in samples if record.number == 3]
        with self.provider() as provider:
            once = self.poll(provider)
            self.show([*samples, replace(twice, arrival=len(samples))])
            doubled = self.poll(provider)
        assert set(identities(doubled)) == set(identities(once))
        contents([*once, *doubled])

    @optional
    def test_corrections(self) -> None:
        """A record that the provider corrects under its id comes again with a higher revision, once, after a restart too."""
        with self.provider() as provider:
            first = self.poll(provider)
            (sample,) = [record for record in self.samples() if record.number == _CORRECTED]
            (before,) = [record for record in transactions(first) if record.amount_minor == sample.amount_minor]
            self.show(corrected(self.samples(), _CORRECTED, text="NEFT CORRECTED BY THE BANK"))
            second = self.poll_on(provider, first)
            third = self.poll_on(provider, second or first)
        after = [record for record in transactions(second) if record.txn_id == before.txn_id]
        assert [record.revision > before.revision for record in after] == [True], (
            f"{before.txn_id} was corrected and came as {identities(second)}, not once with a higher revision"
        )
        assert contents([*first, *second, *third]) == contents([*first, *second]), "the correction is given anew at each poll"
        assert money([*first, *second]) == expected(self.samples()), "the correction is another record"

    def _late(self) -> SampleRecord:
        """A record of yesterday that arrives after all the samples."""
        return SampleRecord(
            number=100,
            arrival=100,
            booked_at=self.now.replace(microsecond=0) - dt.timedelta(hours=31),
            amount_minor=990_005,
            currency=self.currency,
            text="NEFT LATE",
        )
