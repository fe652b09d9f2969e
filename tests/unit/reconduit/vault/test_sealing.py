"""One sealed secret: what it is bound to, and that nothing else opens it."""

import dataclasses
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from reconduit.vault.errors import SecretSealedError, VaultKeyError
from reconduit.vault.sealing import Place, seal, unseal
from tests.fixtures.vault_keys import StaticKeys

PLACE = Place("acme", UUID(int=7), "client_secret")
KEYS = StaticKeys({"k1": b"1" * 32, "k2": b"2" * 32})


@settings(max_examples=30)
@given(st.text(), st.text(min_size=1), st.uuids(), st.integers(1, 2**40))
def test_what_is_sealed_opens_in_its_place(secret: str, tenant: str, integration: UUID, version: int) -> None:
    place = Place(tenant, integration, "n")
    sealed = seal(KEYS, place, SecretStr(secret), version)
    assert unseal(KEYS, place, sealed).get_secret_value() == secret
    assert secret.encode() not in sealed.ciphertext or len(secret) < 4


@pytest.mark.parametrize(
    "other",
    [
        Place("acm", PLACE.integration_id, PLACE.name),
        Place(PLACE.tenant_id, UUID(int=8), PLACE.name),
        Place(PLACE.tenant_id, PLACE.integration_id, "client_secre"),
    ],
)
def test_it_does_not_open_in_another_place(other: Place) -> None:
    sealed = seal(KEYS, PLACE, SecretStr("s3cret-value"), 1)
    with pytest.raises(SecretSealedError, match="moved or altered") as caught:
        unseal(KEYS, other, sealed)
    assert "s3cret" not in str(caught.value)


def test_names_that_join_to_the_same_text_are_different_places() -> None:
    sealed = seal(KEYS, Place("a|b", UUID(int=1), "c"), SecretStr("x"), 1)
    with pytest.raises(SecretSealedError):
        unseal(KEYS, Place("a", UUID(int=1), "b|c"), sealed)


@pytest.mark.parametrize("change", ["version", "nonce", "key_id", "ciphertext", "cut"])
def test_a_changed_row_does_not_open(change: str) -> None:
    sealed = seal(KEYS, PLACE, SecretStr("s3cret-value"), 1)
    first = bytes([sealed.ciphertext[0] ^ 1])
    altered = {
        "version": dataclasses.replace(sealed, version=2),
        "nonce": dataclasses.replace(sealed, nonce=bytes(12)),
        "key_id": dataclasses.replace(sealed, key_id="k2"),
        "ciphertext": dataclasses.replace(sealed, ciphertext=first + sealed.ciphertext[1:]),
        "cut": dataclasses.replace(sealed, ciphertext=sealed.ciphertext[:3]),
    }[change]
    with pytest.raises(SecretSealedError):
        unseal(KEYS, PLACE, altered)


def test_a_key_renamed_in_the_row_and_the_key_file_does_not_open() -> None:
    sealed = seal(KEYS, PLACE, SecretStr("x"), 1)
    renamed = StaticKeys({"k9": KEYS.key("k1")})
    with pytest.raises(SecretSealedError):
        unseal(renamed, PLACE, dataclasses.replace(sealed, key_id="k9"))


def test_without_its_key_it_says_which_one_is_missing() -> None:
    sealed = seal(KEYS, PLACE, SecretStr("x"), 1)
    with pytest.raises(VaultKeyError, match="k1"):
        unseal(StaticKeys({"k2": b"2" * 32}), PLACE, sealed)


def test_equal_secrets_are_sealed_differently() -> None:
    sealed = [seal(KEYS, PLACE, SecretStr("x"), 1) for _ in range(20)]
    assert len({one.nonce for one in sealed}) == len({one.ciphertext for one in sealed}) == 20
