"""Cases of what stands in a record: values and fields that nobody documents, decimals of currencies, times of zones."""

import datetime as dt
import zoneinfo
from dataclasses import replace

from producers.kit.testing.sample import SampleRecord
from producers.kit.testing.scenario import Scenario, bad_records, contents, expected, money, optional, transactions
from schemas.money import currency_exponent

__all__ = ["ValueCases", "last_transition"]

_CHANGED = 3
_UNKNOWN_FIELD = {"fieldOfTheFuture": {"nested": ["text", 1, None]}}


class ValueCases(Scenario):
    """Records with something unusual in them."""

    @optional
    def test_unknown_values(self) -> None:
        """A record with a value that nobody documents is kept or quarantined with its bytes; the others are as before."""
        assert self.unknown_values, "name changes in unknown_values, or declare the case not applicable"
        for change in self.unknown_values:
            records = [replace(r, fields=change) if r.number == _CHANGED else r for r in self.samples()]
            with self.provider(records) as provider:
                pages, again = self.poll(provider), self.poll(provider)
            bad = {record.position: record for record in bad_records(pages)}
            assert set(bad) == {record.position for record in bad_records(again)}, "the position is another one at the next poll"
            assert all(record.raw and record.reason and record.detail for record in bad.values())
            lost = expected(records) - money(pages)
            assert lost in (expected([]), expected(r for r in records if r.number == _CHANGED)), f"{change}: lost {sorted(lost)}"
            assert len(bad) == lost.total(), f"{change}: {lost.total()} records missing, {len(bad)} in quarantine"

    @optional
    def test_unknown_fields(self) -> None:
        """Fields that the provider adds one day change nothing."""
        with self.provider() as provider:
            usual = self.poll(provider)
            self.show([replace(record, fields=_UNKNOWN_FIELD) for record in self.samples()])
            extended = self.poll(provider)
        assert not bad_records(extended)
        assert contents(extended) == contents(usual)

    @optional
    def test_currency_decimals(self) -> None:
        """Amounts are right in currencies without decimals and with three."""
        exponents = {currency_exponent(currency) for currency in self.currencies}
        assert {0, 3} <= exponents, "name a currency without decimals and one with three in currencies, such as JPY and BHD"
        for currency in self.currencies:
            self.currency = currency
            with self.provider() as provider:
                assert money(self.poll(provider)) == expected(self.samples()), f"amounts in {currency}"

    @optional
    def test_time_zones(self) -> None:
        """Records at both edges of the provider's days are found, at the right moment, in each zone it may write."""
        for name in self.zones:
            self._zone = name
            self._check_times(self._edges(self.now.astimezone(self.zone).date()))

    @optional
    def test_daylight_saving(self) -> None:
        """As `time_zones`, around the day on which the zone's clocks are put."""
        shifting = [name for name in self.zones if last_transition(zoneinfo.ZoneInfo(name), self.now) is not None]
        assert shifting, "name a zone with daylight saving in zones, or declare the case not applicable"
        for name in shifting:
            self._zone = name
            day = last_transition(self.zone, self.now)
            assert day is not None
            self.now = dt.datetime.combine(day + dt.timedelta(days=2), dt.time(12), dt.UTC)
            self._check_times(self._edges(day + dt.timedelta(days=2)))

    def _edges(self, today: dt.date) -> list[SampleRecord]:
        """Records at the edges and early in the morning of three local days before `today`."""
        times = (dt.time(), dt.time(4), dt.time(23, 59, 59))
        moments = [
            dt.datetime.combine(today - dt.timedelta(days=back), time, self.zone).astimezone(dt.UTC)
            for back in (3, 2, 1)
            for time in times
        ]
        return [
            SampleRecord(
                number=number,
                arrival=number,
                booked_at=moment,
                amount_minor=5_000 + number,
                currency=self.currency,
                text=f"NEFT EDGE {number}",
            )
            for number, moment in enumerate(moments)
        ]

    def _check_times(self, records: list[SampleRecord]) -> None:
        with self.provider(records) as provider:
            pages = self.poll(provider)
        found = {record.amount_minor: record.booked_at for record in transactions(pages)}
        for record in records:
            assert record.amount_minor in found, f"{record.booked_at.astimezone(self.zone)} {self.zone} is lost"
            booked = found[record.amount_minor]
            assert booked == record.booked_at, f"{record.booked_at.astimezone(self.zone)} {self.zone} became {booked}"


def last_transition(zone: zoneinfo.ZoneInfo, now: dt.datetime) -> dt.date | None:
    """The last local day before `now` on which the clocks of `zone` were put, within a year; None when there is none."""
    today = now.astimezone(zone).date()
    for back in range(2, 367):
        day = today - dt.timedelta(days=back)
        start, end = (dt.datetime.combine(day + dt.timedelta(days=n), dt.time(), zone).utcoffset() for n in (0, 1))
        if start != end:
            return day
    return None
