"""Bank files that are recognised and are no statement, so that the refusal says what they are and what to ask the bank for."""

import re

__all__ = ["what_else"]

_ORDERS = "payment orders, which go to the bank and book nothing"
_OTHER = (
    # Layouts of the CFONB (formerly AFB) brochures on payments: code of the record, then of the operation.
    (r"\A\s*03(?:02|08|22|27|28|60|76)[ \d].{60}", f"CFONB 160 (AFB 160) {_ORDERS}; ask for CFONB 120"),
    (r"\A\s*31\d{2}[ \d]{6}\d{6}.{60}", "CFONB 240 (AFB 240) advice of single operations; ask for CFONB 120"),
    (r"\A\s*<.*?:xsd:pain\.00[178]\.", f"ISO 20022 {_ORDERS}; ask for camt.053"),
    (r"\A\s*<.*?:xsd:pain\.002\.", "an ISO 20022 status report on payment orders; ask for camt.053"),
    (r"\APK\x03\x04", "a .zip archive; unpack it, or give it to reconduit inspect or an SFTP feed, which do"),
    (r"\A\x1f\x8b\x08", "a .gz file; unpack it, or give it to reconduit inspect or an SFTP feed, which do"),
    (r"\A-----BEGIN PGP MESSAGE-----", "a PGP message; decrypt it, or give it to an SFTP feed with pgp, which does"),
    (r"\A%PDF-", "a PDF page for people; ask the bank for camt.053, MT940 or CSV"),
    (r"\A\s*<.*?:xsd:pacs\.", "an ISO 20022 message between banks; ask for camt.053"),
)
_PATTERNS = tuple((re.compile(pattern.encode(), re.DOTALL), name) for pattern, name in _OTHER)


def what_else(head: bytes) -> str | None:
    """What a file is that begins with `head` and is of no statement format; None when nobody knows."""
    return next((name for pattern, name in _PATTERNS if pattern.match(head)), None)
