import pytest

from producers.kit.statements.narration import Narration, read_narration


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("NEFT-ICICN26323000111-VENDOR", Narration("NEFT", "TRANSFER", False)),
        ("BY TRANSFER-RTGS*UTIB0000373*UTIBR52026111900000123*ASHA", Narration("RTGS", "TRANSFER", False)),
        ("MMT/IMPS/632312345678/rent", Narration("IMPS", "TRANSFER", False)),
        ("MMT/632312345678/rent", Narration("MOBILE", "TRANSFER", False)),
        ("upi/632312345678/pay", Narration("UPI", "TRANSFER", False)),
        ("BIL/ONL/000123/POWER", Narration("ONLINE", "PAYMENT", False)),
        ("GST ON CHARGES", Narration("OTHER", "FEE", False)),
        ("REV-UPI/632312345678/PAY", Narration("UPI", "TRANSFER", True)),
        ("NEFT REVERSAL ICICN26323000111", Narration("NEFT", "TRANSFER", True)),
        ("REVA TRADERS PVT LTD PAID BY POS", Narration("OTHER", "OTHER", False)),
        ("", Narration("OTHER", "OTHER", False)),
    ],
)
def test_the_first_words_tell_the_kind(text: str, expected: Narration) -> None:
    assert read_narration(text) == expected
