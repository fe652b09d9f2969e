"""Which fields of a provider's record make the canonical transaction, as a definition declares it."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from producers.providers.rest.moments import MomentFormat
from schemas.errors import AmountError
from schemas.money import currency_exponent
from schemas.records import Direction, Status

__all__ = [
    "AmountRule",
    "DirectionRule",
    "FieldRules",
    "FlagRule",
    "MapRule",
    "MomentRule",
    "RevisionRule",
    "StatusRule",
    "TextRule",
]


class _Rule(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Shorthand(_Rule):
    """A rule that may be written as the path alone."""

    _short_forms: ClassVar[tuple[JsonSchemaValue, ...]] = ({"type": "string"},)

    @model_validator(mode="before")
    @classmethod
    def _from_path(cls, value: Any) -> Any:
        return {"field": value} if isinstance(value, str) else value

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"anyOf": [*cls._short_forms, handler.resolve_ref_schema(handler(schema))]}


def _texts(value: Any) -> Any:
    """Values of a map as text: YAML reads `1` and `true` as other kinds than the text that stands there."""
    if not isinstance(value, Mapping):
        return value
    return {str(key).lower() if isinstance(key, bool) else str(key): one for key, one in value.items()}


class TextRule(_Shorthand):
    """A text of the record.

    Attributes:
        field: its path, or several of which the first that is filled counts.
        join: paths whose filled values are put together with `by` between them.
        by: what stands between them.
        constant: the text itself, where the provider does not say it.
    """

    _short_forms: ClassVar[tuple[JsonSchemaValue, ...]] = (
        {"type": "string"},
        {"type": "array", "items": {"type": "string"}, "minItems": 1},
    )

    field: str | tuple[str, ...] = ()
    join: tuple[str, ...] = ()
    by: str = " "
    constant: str | None = Field(default=None, min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _from_paths(cls, value: Any) -> Any:
        return {"field": value} if isinstance(value, list) else value

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if bool(self.field) + bool(self.join) + (self.constant is not None) != 1:
            raise ValueError("needs exactly one of field, join and constant")
        return self

    @property
    def paths(self) -> tuple[str, ...]:
        """The fields of which the first that is filled counts."""
        return (self.field,) if isinstance(self.field, str) else self.field


class MapRule(TextRule):
    """A text that is looked up.

    Attributes:
        map: the provider's value to ours. Without a map the value is kept as it is.
        otherwise: what any other value stands for; without it, such a record goes to quarantine.
    """

    map: Annotated[dict[str, str], BeforeValidator(_texts)] = Field(default_factory=dict)
    otherwise: str | None = None


class StatusRule(_Rule):
    """What became of the movement; a value that the map does not know goes to quarantine.

    Attributes:
        field: path of the provider's status.
        map: its values to SUCCESS, FAILED, PENDING or VOID.
    """

    field: str
    map: Annotated[dict[str, Status], BeforeValidator(_texts)] = Field(min_length=1)


class DirectionRule(_Rule):
    """Which way the money moved.

    Attributes:
        field: path of the provider's word for it.
        map: its values to CREDIT or DEBIT.
        positive: what an amount above zero, or zero, is; an amount below it is the other one.
        constant: the only direction that the listing has.
    """

    field: str | None = None
    map: Annotated[dict[str, Direction], BeforeValidator(_texts)] = Field(default_factory=dict)
    positive: Direction | None = None
    constant: Direction | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.field is not None) + (self.positive is not None) + (self.constant is not None) != 1:
            raise ValueError("needs exactly one of field (with map), positive and constant")
        if (self.field is None) == bool(self.map):
            raise ValueError("field and map belong together")
        return self


class AmountRule(_Shorthand):
    """An amount of money.

    Attributes:
        field: path of the amount; or, of a pair of columns, `credit` and `debit`, of which one is filled.
        credit: path of the money in.
        debit: path of the money out.
        unit: `major` for decimals (text or number), `minor` for integers of the smallest unit.
        decimal: decimal separator of texts.
        group: group separator of texts, empty for none.
        absolute: take the amount without its sign, because the direction or the column says the same.
    """

    field: str | None = None
    credit: str | None = None
    debit: str | None = None
    unit: Literal["major", "minor"] = "major"
    decimal: Literal[".", ","] = "."
    group: Literal["", ",", ".", " ", "'"] = ""
    absolute: bool = False

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.field is None) == (self.credit is None) or (self.credit is None) != (self.debit is None):
            raise ValueError("needs either field, or credit and debit together")
        if self.decimal == self.group:
            raise ValueError("decimal and group are the same character")
        return self


class MomentRule(_Shorthand, MomentFormat):
    """A time of the record, with its format.

    Attributes:
        field: its path.
    """

    field: str


class FlagRule(_Shorthand):
    """Something that is true or false.

    Attributes:
        field: path of a JSON true or false, or of a value that is looked for in `values`.
        values: values that mean true; any other one means false.
    """

    field: str
    values: tuple[str, ...] = ()


class RevisionRule(_Shorthand):
    """The provider's own version of a record.

    Attributes:
        field: path of a whole number that grows, or of a time when `format` is given.
        format: of the time, as in `producers.providers.rest.moments.MomentFormat`; the revision is then in milliseconds.
        zone: of a time that names none.
    """

    field: str
    format: str | None = None
    zone: str | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.format is not None:
            MomentFormat(format=self.format, zone=self.zone)
        return self


def _currency(value: Any) -> Any:
    constant = value.get("constant") if isinstance(value, Mapping) else None
    if isinstance(constant, str):
        try:
            currency_exponent(constant)
        except AmountError as error:
            raise ValueError(str(error)) from error
    return value


class FieldRules(_Rule):
    """Canonical field to rule; the names are those of the canonical transaction.

    Attributes:
        id: the provider's id of the record, unique in its account and the same in every answer.
        account: account of the record; without it, the account that was asked for.
        currency: ISO 4217 letters.
        amount: amount and, of a pair of columns, direction.
        direction: which way the money moved; not beside a pair of columns.
        booked_at: booking time.
        value_date: value date.
        status: what became of it, SUCCESS without a rule.
        reversal: whether it takes another record back.
        revision: the provider's own version; without it, Reconduit counts the changes that it sees.
        fee: fee inside of the amount.
    """

    id: TextRule
    account: TextRule | None = None
    currency: Annotated[TextRule, BeforeValidator(_currency)]
    amount: AmountRule
    direction: DirectionRule | None = None
    booked_at: MomentRule
    value_date: MomentRule | None = None
    status: StatusRule | None = None
    reversal: FlagRule | None = None
    revision: RevisionRule | None = None
    fee: AmountRule | None = None
    channel: MapRule | None = None
    transaction_type: MapRule | None = None
    bank_code: TextRule | None = None
    reference_number: TextRule | None = None
    end_to_end_id: TextRule | None = None
    bank_reference: TextRule | None = None
    settlement_id: TextRule | None = None
    counterparty_name: TextRule | None = None
    counterparty_account: TextRule | None = None
    counterparty_bank: TextRule | None = None
    description: TextRule | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.amount.credit is None) == (self.direction is None):
            raise ValueError("direction is needed beside a single amount, and not beside credit and debit")
        if self.direction is not None and self.direction.positive is not None and self.amount.absolute:
            raise ValueError("amount is absolute, but direction is told by its sign")
        if self.fee is not None and self.fee.field is None:
            raise ValueError("fee is a single field")
        return self
