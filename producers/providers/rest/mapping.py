"""One record of a provider as the canonical transaction, by the rules of a definition. Pure."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, TypeVar

from producers.kit.paging import value_at
from producers.kit.record_origin import RecordOrigin
from producers.providers.rest.errors import MappingError
from producers.providers.rest.fields import AmountRule, FieldRules, MapRule, MomentRule, RevisionRule, TextRule
from producers.providers.rest.moments import MomentFormat
from schemas.errors import AmountError
from schemas.money import currency_exponent, parse_minor
from schemas.records import CanonicalTransaction, Direction, Status

__all__ = ["identity_of", "to_transaction"]

V = TypeVar("V")

_OPTIONAL_TEXTS = (
    "bank_code",
    "reference_number",
    "end_to_end_id",
    "bank_reference",
    "settlement_id",
    "counterparty_name",
    "counterparty_account",
    "counterparty_bank",
    "description",
)
_MAX_REVISION = 2**63 - 1  # Avro's long


def identity_of(record: Any, rules: FieldRules) -> str | None:
    """The provider's id of a record, for its position in quarantine; None when it has none that can be read."""
    try:
        return _text(record, rules.id, "id")
    except MappingError:
        return None


def to_transaction(record: Any, rules: FieldRules, origin: RecordOrigin) -> CanonicalTransaction:
    """The canonical record.

    Raises:
        MappingError: a field is missing or has a value that cannot be kept as it is meant.
    """
    if not isinstance(record, Mapping):
        raise MappingError("records", "malformed_record", f"a record is an object, not {type(record).__name__}")
    account = _required(record, rules.account, "account") if rules.account else origin.account_id
    currency = _currency(record, rules.currency)
    amount, direction = _money(record, rules, currency)
    return CanonicalTransaction(
        tenant_id=origin.tenant_id,
        txn_id=f"{account}:{_required(record, rules.id, 'id')}",
        revision=_revision(record, rules.revision),
        source=origin.source,
        account_id=account,
        amount_minor=amount,
        currency=currency,
        direction=direction,
        is_reversal=_reversal(record, rules),
        status=_status(record, rules),
        booked_at=_moment(record, rules.booked_at, "booked_at"),
        value_date=_day(record, rules.value_date),
        fee_minor=_fee(record, rules.fee, currency),
        channel=_symbol(record, rules.channel, "channel"),
        transaction_type=_symbol(record, rules.transaction_type, "transaction_type"),
        raw_ref=origin.raw_ref,
        ingested_at=origin.ingested_at,
        **{name: _text(record, rule, name) for name in _OPTIONAL_TEXTS if (rule := getattr(rules, name)) is not None},
    )


def _plain(record: Any, path: str, name: str) -> str | None:
    """A text, a number or a truth value as text; None when it is missing, null or empty."""
    value = value_at(record, path)
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str | int | Decimal):
        raise MappingError(name, "malformed_record", f"{path} is {value!r}, a text is due")
    text = str(value)
    # Neither can be stored: PostgreSQL's text holds no NUL, and half a surrogate pair is no UTF-8.
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise MappingError(name, "malformed_record", f"{path} is {value!r}, which has characters that no text may have")
    return text


def _text(record: Any, rule: TextRule, name: str) -> str | None:
    if rule.constant is not None:
        return rule.constant
    if rule.join:
        return rule.by.join(text for path in rule.join if (text := _plain(record, path, name)) is not None) or None
    return next((text for path in rule.paths if (text := _plain(record, path, name)) is not None), None)


def _required(record: Any, rule: TextRule, name: str) -> str:
    if rule.join and any(_plain(record, path, name) is None for path in rule.join):
        raise MappingError(name, "malformed_record", f"one of {', '.join(rule.join)} is missing or empty")
    text = _text(record, rule, name)
    if text is None:
        raise MappingError(name, "malformed_record", f"{' and '.join(rule.paths)} missing or empty")
    return text


def _currency(record: Any, rule: TextRule) -> str:
    currency = _required(record, rule, "currency").upper()
    try:
        currency_exponent(currency)
    except AmountError as error:
        raise MappingError("currency", "currency", str(error)) from error
    return currency


def _money(record: Any, rules: FieldRules, currency: str) -> tuple[int, Direction]:
    """Amount without sign, and direction."""
    rule = rules.amount
    if rule.credit is not None and rule.debit is not None:
        credit, debit = (_minor(record, path, rule, currency, "amount") or 0 for path in (rule.credit, rule.debit))
        if min(credit, debit) < 0 or (credit and debit) or (not credit and not debit):
            raise MappingError("amount", "amount", f"credit is {credit} and debit {debit}; one of them is due, above zero")
        return (credit, Direction.CREDIT) if credit else (debit, Direction.DEBIT)
    assert rule.field is not None and rules.direction is not None
    amount = _minor(record, rule.field, rule, currency, "amount")
    if amount is None:
        raise MappingError("amount", "amount", f"{rule.field} is missing or empty")
    direction = rules.direction
    if direction.positive is not None:
        other = Direction.DEBIT if direction.positive is Direction.CREDIT else Direction.CREDIT
        return abs(amount), direction.positive if amount >= 0 else other
    if amount < 0:
        raise MappingError("amount", "amount", f"{rule.field} is below zero, but direction says the way; use absolute or positive")
    if direction.constant is not None:
        return abs(amount), direction.constant
    assert direction.field is not None
    return abs(amount), _known(record, direction.field, direction.map, "direction")


def _minor(record: Any, path: str, rule: AmountRule, currency: str, name: str) -> int | None:
    """Signed minor units, None when the field is missing, null or empty."""
    value = value_at(record, path)
    if value is None or value == "":
        return None
    # Minor units have no decimals, as a currency without decimals; 1E+3 or 100.0 arrive as Decimal and are whole.
    decimals_of = currency if rule.unit == "major" else "JPY"
    try:
        minor = parse_minor(value, decimals_of, decimal=rule.decimal, group=rule.group)
    except AmountError as error:
        if rule.unit == "minor":
            raise MappingError(name, "amount", f"{path} is {value!r}, a whole number of minor units is due") from error
        raise MappingError(name, "amount", f"{path}: {error}") from error
    return abs(minor) if rule.absolute else minor


def _fee(record: Any, rule: AmountRule | None, currency: str) -> int | None:
    if rule is None or rule.field is None:
        return None
    return _minor(record, rule.field, rule, currency, "fee")


def _known(record: Any, path: str, values: Mapping[str, V], name: str) -> V:
    text = _plain(record, path, name)
    if text is None or text not in values:
        raise MappingError(name, f"unknown_{name}", f"{path} is {text!r}; {name} knows {', '.join(values)}")
    return values[text]


def _status(record: Any, rules: FieldRules) -> Status:
    return Status.SUCCESS if rules.status is None else _known(record, rules.status.field, rules.status.map, "status")


def _symbol(record: Any, rule: MapRule | None, name: str) -> str:
    text = None if rule is None else _text(record, rule, name)
    if rule is None or text is None or (not rule.map and rule.otherwise is None):
        return text or "OTHER"
    if text not in rule.map and rule.otherwise is None:
        raise MappingError(
            name, f"unknown_{name}", f"the value is {text!r}; {name} knows {', '.join(rule.map)}, and no `otherwise`"
        )
    return rule.map.get(text) or rule.otherwise or "OTHER"


def _reversal(record: Any, rules: FieldRules) -> bool:
    rule = rules.reversal
    if rule is None:
        return False
    if rule.values:
        return _plain(record, rule.field, "reversal") in rule.values
    value = value_at(record, rule.field, default=False)
    if not isinstance(value, bool):
        raise MappingError("reversal", "malformed_record", f"{rule.field} is {value!r}, true or false is due; else name `values`")
    return value


def _revision(record: Any, rule: RevisionRule | None) -> int:
    if rule is None:
        return 0
    value = value_at(record, rule.field)
    if rule.format is not None:
        moment = _read_moment(value, MomentFormat(format=rule.format, zone=rule.zone), rule.field, "revision")
        value = int(moment.timestamp()) * 1000 + moment.microsecond // 1000
    text = str(value)
    if isinstance(value, bool) or not (text.isascii() and text.isdecimal()) or int(text) > _MAX_REVISION:
        raise MappingError("revision", "malformed_record", f"{rule.field} is {value!r}, no number from 0 to {_MAX_REVISION}")
    return int(text)


def _moment(record: Any, rule: MomentRule, name: str) -> dt.datetime:
    return _read_moment(value_at(record, rule.field), rule, rule.field, name)


def _read_moment(value: Any, written: MomentFormat, path: str, name: str) -> dt.datetime:
    try:
        return written.read(value)
    except ValueError as error:
        raise MappingError(name, "time", f"{path}: {error}") from error


def _day(record: Any, rule: MomentRule | None) -> dt.date | None:
    value = None if rule is None else value_at(record, rule.field)
    if rule is None or value is None or value == "":
        return None
    try:
        return rule.read_day(value)
    except (ValueError, OverflowError) as error:
        raise MappingError("value_date", "time", f"{rule.field}: {error}") from error
