import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reconciler.text import NO_REFERENCE, normalise_reference


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        (" inv-00 42\u200b", "INV0042"),
        ("INV/00.42", "INV0042"),
        ("inv_00:42#", "INV0042"),
        ("ＩＮＶ００４２", "INV0042"),  # full width
        ("inv\u00a00042", "INV0042"),
        ("inv\x000042", "INV0042"),
        ("in\u0301v", "IŃV"),
        ("in\u200b\u0301v", "IŃV"),
        ("\u0390", "\u03aa\u0301"),
        ("00123", "00123"),
        ("0", ""),
        ("000-000", ""),
        ("Non Ref", ""),
        ("not provided", ""),
        ("N/A", ""),
        ("null", ""),
        ("NONREF1", "NONREF1"),
    ],
)
def test_known_forms(text: str, normal: str) -> None:
    assert normalise_reference(text) == normal


def test_homoglyphs_are_kept_apart() -> None:
    assert normalise_reference("INVА1") != normalise_reference("INVA1")  # the first has a Cyrillic A


@given(st.text())
@example("ß")
@example("ŉ")
@example("\u0345")
def test_a_normal_form_is_its_own(text: str) -> None:
    """A stored key that is normalised again must stay in its group."""
    normal = normalise_reference(text)
    assert normalise_reference(normal) == normal


@given(st.text())
def test_a_normal_form_has_nothing_invisible(text: str) -> None:
    normal = normalise_reference(text)
    assert normal not in NO_REFERENCE - {""}
    assert not any(unicodedata.category(character) in {"Cc", "Cf"} or character.isspace() for character in normal)


@given(
    st.text(alphabet=st.characters(codec="ascii", categories=["L", "N"]), max_size=12),
    st.sampled_from([" ", "-", "/", "\u200b", "\t"]),
)
def test_separators_do_not_matter(text: str, separator: str) -> None:
    assert normalise_reference(separator.join(text)) == normalise_reference(text) == normalise_reference(text.lower())
