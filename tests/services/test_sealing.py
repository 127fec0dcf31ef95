"""A personal value opens in its own place, with its own key, and nowhere else."""

import os

import pytest

from services.sealing import (
    Keys,
    SealBroken,
    mask_identity,
    mask_name,
    mask_phone,
    profile_seal,
)

KEYS = Keys.of(bytes(range(32)))


def test_a_sealed_name_opens_in_its_place():
    assert KEYS.open(KEYS.seal("张三丰", "person.name.17"), "person.name.17") == "张三丰"


@pytest.mark.parametrize("elsewhere", ["person.name.18", "person.phone.17", "app_user.name.17", ""])
def test_a_cipher_moved_to_another_row_or_column_does_not_open(elsewhere):
    sealed = KEYS.seal("张三丰", "person.name.17")
    with pytest.raises(SealBroken):
        KEYS.open(sealed, elsewhere)


def test_another_key_opens_nothing():
    sealed = KEYS.seal("张三丰", "person.name.17")
    with pytest.raises(SealBroken):
        Keys.of(os.urandom(32)).open(sealed, "person.name.17")


def test_any_changed_bit_is_noticed():
    sealed = KEYS.seal("张", "p")
    for at in range(len(sealed)):
        changed = bytearray(sealed)
        changed[at] ^= 1
        with pytest.raises(SealBroken):
            KEYS.open(bytes(changed), "p")


@pytest.mark.parametrize("length", range(31))
def test_a_cut_off_cipher_is_broken_and_nothing_else(length):
    with pytest.raises(SealBroken):
        KEYS.open(KEYS.seal("张", "p")[:length], "p")


def test_the_same_name_is_never_sealed_alike_twice():
    assert KEYS.seal("李四", "p") != KEYS.seal("李四", "p")


def test_the_cipher_tells_algorithm_and_key_so_that_both_can_change():
    assert KEYS.seal("李四", "p")[:2] == b"\x01\x01"


def test_an_equal_number_is_found_again_and_only_with_the_key():
    phone = KEYS.index("phone", "13700000001")
    assert phone == KEYS.index("phone", "13700000001")
    assert phone != KEYS.index("phone", "13700000002")
    assert phone != KEYS.index("identity", "13700000001")
    assert phone != Keys.of(os.urandom(32)).index("phone", "13700000001")


def test_a_kind_and_its_value_can_not_be_shifted_against_each_other():
    assert KEYS.index("phone", "1x") != KEYS.index("phone1", "x")


def test_each_key_serves_one_purpose():
    assert KEYS.index("code", "1") != KEYS.token("code", "1")
    sealed = KEYS.fields.seal(b"1", "p")
    with pytest.raises(SealBroken):
        profile_seal(bytes(range(32))).open(sealed, "p")


def test_a_short_master_key_is_refused():
    with pytest.raises(ValueError, match="32 bytes"):
        Keys.of(b"too short")


def test_keys_do_not_show_themselves():
    assert KEYS.index_key.hex() not in str(KEYS)
    assert str(KEYS.index_key) not in repr(KEYS)


def test_what_is_masked_is_enough_to_know_ones_own_and_not_to_call():
    assert mask_phone("13712345678") == "137****5678"
    assert mask_phone("12345") == "****"
    assert mask_identity("410122199001010012") == "4101**********0012"
    assert mask_identity("4101") == "****"
    assert mask_name("张三丰") == "张**"
    assert mask_name("") == ""
