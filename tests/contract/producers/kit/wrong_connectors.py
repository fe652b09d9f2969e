"""Connectors that are wrong in one thing each, and the case of the test-kit that must catch it."""

import datetime as dt
from collections.abc import Iterator, Mapping
from decimal import Decimal
from hashlib import sha256
from typing import Any, ClassVar

import httpx
import structlog

from producers.errors import AuthenticationError, ContractChangeError, ProducerError, RateLimitError, RecordError
from producers.kit.contract import BadRecord, Capabilities, Cursor, Page, RawObject
from producers.kit.http import retry
from producers.kit.http.retry import RetryPolicy
from producers.kit.http.transport import JsonDocument, Transport
from schemas.records import CanonicalTransaction, Direction
from tests.contract.producers.kit.rows_bank import SECRET, SIDES, TOKEN, RowsConnector, token_of

__all__ = ["WRONG", "KeepsItsOwnPosition"]


class WithoutOriginals(RowsConnector):
    def page(self, cursor: Cursor, document: JsonDocument, rows: list[Any], now: dt.datetime) -> Page:
        page = super().page(cursor, document, rows, now)
        return Page(page.cursor, page.transactions, fetched=page.fetched)


class IdsOfTheRun(RowsConnector):
    runs: ClassVar[int] = 0

    def txn_id(self, row: Mapping[str, Any]) -> str:
        type(self).runs += 1
        return f"acc:{self.runs}"


class AsksBehindTheEnd(RowsConnector):
    def poll(self, cursor: Cursor, now: dt.datetime) -> Iterator[Page]:
        after = int(cursor.get("after", -1))
        for page in super().poll(cursor, now):
            after = page.cursor["after"]
            yield page
        self.document(after)


class StopsEarly(RowsConnector):
    def poll(self, cursor: Cursor, now: dt.datetime) -> Iterator[Page]:
        yield next(super().poll(cursor, now))


class CursorAhead(RowsConnector):
    def page(self, cursor: Cursor, document: JsonDocument, rows: list[Any], now: dt.datetime) -> Page:
        return super().page({"after": cursor["after"] + 1}, document, rows, now)


class KeepsItsOwnPosition(RowsConnector):
    """Goes on from where it was itself, whatever was confirmed."""

    position: ClassVar[int] = -1

    def poll(self, cursor: Cursor, now: dt.datetime) -> Iterator[Page]:
        if not cursor:
            type(self).position = -1
        for page in super().poll({"after": max(self.position, cursor.get("after", -1))}, now):
            type(self).position = page.cursor["after"]
            yield page


class ForgetsOnlyAtFirst(KeepsItsOwnPosition):
    """As above, within one start of the process: only a kill before the first commit shows it."""

    def poll(self, cursor: Cursor, now: dt.datetime) -> Iterator[Page]:
        for page in RowsConnector.poll(self, {"after": max(self.position, cursor.get("after", -1))}, now):
            type(self).position = page.cursor["after"]
            yield page


class RenamesInTheOverlap(RowsConnector):
    def poll(self, cursor: Cursor, now: dt.datetime) -> Iterator[Page]:
        self.suffix = "-again" if cursor else ""
        yield from super().poll({"after": cursor["after"] - 1} if cursor else {}, now)

    def txn_id(self, row: Mapping[str, Any]) -> str:
        return f"acc:{row['id']}{self.suffix}"


class JumpsOverNothing(RowsConnector):
    def poll(self, cursor: Cursor, now: dt.datetime) -> Iterator[Page]:
        pages = list(super().poll(cursor, now))
        yield from pages or [Page({"after": 99})]


class CountsRows(RowsConnector):
    """Its place is a number of rows, which moves when one goes away."""

    def poll(self, cursor: Cursor, now: dt.datetime) -> Iterator[Page]:
        offset, more = int(cursor.get("offset", 0)), True
        while more:
            document = self.transport.document("GET", "/rows", params={"offset": offset})
            rows, more = document.value["rows"], document.value["more"]
            offset += len(rows)
            yield self.page({"offset": offset}, document, rows, now)


class ReadsNewDaysOnly(RowsConnector):
    def page(self, cursor: Cursor, document: JsonDocument, rows: list[Any], now: dt.datetime) -> Page:
        return super().page(cursor, document, [row for row in rows if row["id"] != "r100"], now)


class IdOfTheArrival(RowsConnector):
    def txn_id(self, row: Mapping[str, Any]) -> str:
        return f"acc:{row['arrival']}"


class WithoutRevisions(RowsConnector):
    def revision(self, row: Mapping[str, Any]) -> int:
        return 0


class TakesFailureForTheEnd(RowsConnector):
    def poll(self, cursor: Cursor, now: dt.datetime) -> Iterator[Page]:
        try:
            yield from super().poll(cursor, now)
        except ProducerError:
            return


class GivesUpForGood(RowsConnector):
    def document(self, after: int) -> JsonDocument:
        try:
            return super().document(after)
        except AuthenticationError:
            raise
        except ProducerError as error:
            raise ContractChangeError(str(error)) from error


class TriesOnce(RowsConnector):
    def connect(self, base_url: str) -> Transport:
        return Transport(base_url, auth=token_of(base_url), retry=RetryPolicy(attempts=1))


class SleepsAnHour(RowsConnector):
    def document(self, after: int) -> JsonDocument:
        try:
            return super().document(after)
        except RateLimitError as error:
            retry.pause(float(error.retry_after or 1))
        return super().document(after)


class ComesBackAtOnce(RowsConnector):
    def document(self, after: int) -> JsonDocument:
        for _ in range(3):
            try:
                return super().document(after)
            except RateLimitError:
                continue
        return super().document(after)


class KeepsItsToken(RowsConnector):
    def connect(self, base_url: str) -> Transport:
        return Transport(base_url, headers={"Authorization": f"Bearer {TOKEN}"})


class WaitsForever(RowsConnector):
    def document(self, after: int) -> JsonDocument:
        with httpx.Client(timeout=None, trust_env=False) as client:
            client.get(f"{self.transport._client.base_url}rows", params={"after": after})
        return super().document(after)


class HammersOnRefusal(RowsConnector):
    def document(self, after: int) -> JsonDocument:
        for _ in range(3):
            try:
                return super().document(after)
            except AuthenticationError:
                continue
        return super().document(after)


class DropsWhatIsBad(RowsConnector):
    def page(self, cursor: Cursor, document: JsonDocument, rows: list[Any], now: dt.datetime) -> Page:
        page = super().page(cursor, document, rows, now)
        return Page(page.cursor, page.transactions, raw=page.raw, fetched=page.fetched)


class StopsAtWhatIsBad(RowsConnector):
    def direction(self, row: Mapping[str, Any]) -> Direction:
        if row["side"] not in SIDES:
            raise ContractChangeError(f"side {row['side']}")
        return super().direction(row)


class PlacesBadRecordsByTheRun(RowsConnector):
    runs: ClassVar[int] = 0

    def page(self, cursor: Cursor, document: JsonDocument, rows: list[Any], now: dt.datetime) -> Page:
        type(self).runs += 1
        page = super().page(cursor, document, rows, now)
        bad = [BadRecord(found.reason, found.detail, f"{found.position}#{self.runs}", found.raw) for found in page.bad]
        return Page(page.cursor, page.transactions, (), bad, page.raw, page.fetched)


class RefusesNewFields(RowsConnector):
    def record(self, row: Mapping[str, Any], place: str, now: dt.datetime) -> CanonicalTransaction:
        if len(row) > 8:
            raise RecordError(f"{row['id']}: unknown fields")
        return super().record(row, place, now)


class KnowsCentsOnly(RowsConnector):
    def amount(self, row: Mapping[str, Any]) -> int:
        return int(Decimal(row["amount"]) * 100)


class TakesLocalForUtc(RowsConnector):
    def moment(self, row: Mapping[str, Any]) -> dt.datetime:
        return dt.datetime.fromisoformat(row["booked"]).replace(tzinfo=dt.UTC)


class KnowsNoSummerTime(RowsConnector):
    """Takes today's offset for every day."""

    def poll(self, cursor: Cursor, now: dt.datetime) -> Iterator[Page]:
        self.offset = dt.timezone(now.astimezone(self.zone).utcoffset() or dt.timedelta())
        yield from super().poll(cursor, now)

    def moment(self, row: Mapping[str, Any]) -> dt.datetime:
        return dt.datetime.fromisoformat(row["booked"]).replace(tzinfo=self.offset).astimezone(dt.UTC)


class SecretInTheAddress(RowsConnector):
    def document(self, after: int) -> JsonDocument:
        return self.transport.document("GET", "/rows", params={"after": after, "key": SECRET})


class SecretInTheLog(RowsConnector):
    def document(self, after: int) -> JsonDocument:
        structlog.get_logger("rows").debug("asking", token=TOKEN)
        return super().document(after)


class SecretInTheCursor(RowsConnector):
    def page(self, cursor: Cursor, document: JsonDocument, rows: list[Any], now: dt.datetime) -> Page:
        return super().page({**cursor, "token": TOKEN}, document, rows, now)


class SecretInTheMetrics(RowsConnector):
    def connect(self, base_url: str) -> Transport:
        return Transport(base_url, auth=token_of(base_url), metrics_source=f"rows {SECRET}")


class Nameless(RowsConnector):
    def connect(self, base_url: str) -> Transport:
        return Transport(base_url, auth=token_of(base_url))


class WithoutWatermark(RowsConnector):
    capabilities = Capabilities(revisions=True, watermark=True)


class SecretInTheError(RowsConnector):
    def document(self, after: int) -> JsonDocument:
        try:
            return super().document(after)
        except AuthenticationError as error:
            raise AuthenticationError(f"{SECRET} was refused") from error


class SecretInABody(RowsConnector):
    """Under a name that tells nobody what it is, and not opened as a secret of the source: so a recording shows it."""

    def document(self, after: int) -> JsonDocument:
        return self.transport.document("POST", "/rows", params={"after": after}, json={"colour": SECRET}, idempotent=True)


class GoesPastTheKit(RowsConnector):
    """Asks with a client of its own, of which no recording knows."""

    def poll(self, cursor: Cursor, now: dt.datetime) -> Iterator[Page]:
        after = int(cursor.get("after", -1))
        with httpx.Client(trust_env=False, timeout=60) as client:
            answer = client.get(f"{self.base_url}/rows", params={"after": after})
        rows = answer.json()["rows"] if '"rows"' in answer.text else []
        document = JsonDocument(rows, RawObject(sha256(b"").hexdigest(), b""), self.base_url, {})
        yield self.page({"after": after + len(rows)}, document, rows, now)


WRONG = [
    (WithoutOriginals, "pages_are_well_formed"),
    (IdsOfTheRun, "rerun_gives_the_same_records"),
    (AsksBehindTheEnd, "paging_to_the_end"),
    (StopsEarly, "paging_to_the_end"),
    (CursorAhead, "resumes_after_a_cut_at_every_page"),
    (KeepsItsOwnPosition, "resumes_after_a_kill_at_any_step"),
    (ForgetsOnlyAtFirst, "resumes_after_a_kill_at_any_step"),
    (WithoutOriginals, "resumes_after_a_kill_at_any_step"),
    (RenamesInTheOverlap, "nothing_new_gives_no_new_identity"),
    (JumpsOverNothing, "empty_window"),
    (CountsRows, "mutation_between_pages"),
    (ReadsNewDaysOnly, "late_records"),
    (IdOfTheArrival, "duplicate_records"),
    (IdOfTheArrival, "corrections"),
    (WithoutRevisions, "corrections"),
    (TakesFailureForTheEnd, "passing_faults"),
    (GivesUpForGood, "passing_faults"),
    (CursorAhead, "passing_faults"),
    (TriesOnce, "one_failure"),
    (SleepsAnHour, "rate_limits"),
    (ComesBackAtOnce, "rate_limits"),
    (WaitsForever, "timeouts"),
    (TakesFailureForTheEnd, "timeouts"),
    (TakesFailureForTheEnd, "refused_credentials"),
    (HammersOnRefusal, "refused_credentials"),
    (KeepsItsToken, "token_refresh"),
    (HammersOnRefusal, "token_refresh"),
    (DropsWhatIsBad, "unknown_values"),
    (StopsAtWhatIsBad, "unknown_values"),
    (PlacesBadRecordsByTheRun, "unknown_values"),
    (RefusesNewFields, "unknown_fields"),
    (KnowsCentsOnly, "currency_decimals"),
    (TakesLocalForUtc, "time_zones"),
    (KnowsNoSummerTime, "daylight_saving"),
    (SecretInTheAddress, "secrets_stay_secret"),
    (SecretInTheLog, "secrets_stay_secret"),
    (SecretInTheCursor, "secrets_stay_secret"),
    (SecretInTheMetrics, "secrets_stay_secret"),
    (SecretInTheError, "secrets_stay_secret"),
    (SecretInABody, "secrets_stay_secret"),
    (GoesPastTheKit, "secrets_stay_secret"),
    (Nameless, "metrics"),
    (WithoutWatermark, "metrics"),
]
