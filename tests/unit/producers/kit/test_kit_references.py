import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.kit.statements.references import extract_references


@pytest.mark.parametrize(
    ("narration", "utr", "rrn"),
    [
        ("NEFT-ICICN26323000111-VENDOR", "ICICN26323000111", None),
        ("NEFT CR-HDFC0000240-ACME TRADERS-INV 9-SBINN26323000222", "SBINN26323000222", None),
        ("RTGS-HDFCR52026111900000123-CUSTOMER", "HDFCR52026111900000123", None),
        ("rtgs hdfcr52026111900000123", "HDFCR52026111900000123", None),
        ("UPI/632312345678/PAY", None, "632312345678"),
        ("UPI-ASHA-919876543210@ybl-HDFC0000240-632312345678-PAYMENT", None, "632312345678"),
        ("MMT/IMPS/632312345678/rent/ASHA", None, "632312345678"),
        ("IMPS632312345678", None, "632312345678"),
        ("IMPS 632312345678", None, "632312345678"),
        ("NEFTICICN26323000111", "ICICN26323000111", None),
        ("UPI/999912345678/PAY", None, "999912345678"),
        ("NEFT-ICICN263 23000111-VENDOR", "ICICN26323000111", None),
        ("RTGS HDFCR520261119 00000 123 CUSTOMER", "HDFCR52026111900000123", None),
        ("RENT 202611190001", None, None),
        ("CHARGES FOR NOVEMBER", None, None),
        ("", None, None),
    ],
)
def test_reads_every_family_of_narrations(narration: str, utr: str | None, rrn: str | None) -> None:
    found = extract_references(narration)
    assert (found.utr, found.rrn) == (utr, rrn)
    assert found.reference == (utr or rrn)


def test_a_twelve_digit_account_number_is_only_a_candidate() -> None:
    found = extract_references("INF/INFT/000405001234/SELF")
    assert found.rrn is None
    assert found.candidates == ("000405001234",)


def test_a_cut_utr_is_only_a_candidate() -> None:
    found = extract_references("NEFT CR-HDFC0000240-A VERY LONG NAME-ICICN26323")
    assert found.utr is None
    assert found.reference is None
    assert found.cut == "ICICN26323"
    assert found.candidates == ("ICICN26323",)


def test_a_cut_rrn_needs_its_rail() -> None:
    assert extract_references("UPI/6323123456/PAY/asha@okaxis").cut == "6323123456"
    assert extract_references("UPI/9198765432@ybl/PAY").cut is None
    assert extract_references("INF/6323123456/PAY").cut is None


def test_a_day_of_the_year_decides_between_two_utrs() -> None:
    found = extract_references("NEFT-ICICN26999000111-SBINN26323000222")
    assert found.utr == "SBINN26323000222"
    assert found.candidates[:2] == ("SBINN26323000222", "ICICN26999000111")


def test_upi_ids_and_mandates_are_candidates_and_branch_codes_are_not() -> None:
    upi_id = "YBL" + "0123456789ABCDEF" * 2
    found = extract_references(f"ACH D-HDFC0000240-HDFC7000000000000123-{upi_id}")
    assert found.candidates == ("HDFC7000000000000123", upi_id)


utrs = st.from_regex(r"(HDFC|ICIC|SBIN|UTIB)N(2[4-9])(0[1-9][0-9]|[12][0-9]{2}|3[0-5][0-9])[0-9]{6}", fullmatch=True)


@given(utr=utrs, name=st.text(alphabet="ABCDEFGHIJ ", max_size=20), at=st.integers(min_value=6, max_value=15))
def test_a_utr_survives_one_space(utr: str, name: str, at: int) -> None:
    assert extract_references(f"NEFT-{utr[:at]} {utr[at:]}-{name}").utr == utr


@given(st.text(max_size=200))
def test_any_text_is_accepted(narration: str) -> None:
    found = extract_references(narration)
    assert all(reference in found.candidates for reference in (found.utr, found.rrn) if reference)
