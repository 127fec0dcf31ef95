"""The draw can be repeated by anyone and sends nobody it should not."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accreditation.draw import Assessor, Excluded, Pool, Tie, commitment, draw, pool_hash, verify
from accreditation.errors import BadValue, Refusal

SEED = bytes(range(32))
TODAY = date(2026, 3, 2)
FREE = tuple(Assessor(f"a{i}", "410103") for i in range(6))
POOL = Pool("b1", "410102", TODAY, FREE)


def test_anyone_can_verify_a_draw_and_a_changed_one_is_found_out():
    drawn = draw(SEED, POOL)
    assert verify(drawn, SEED, commitment(SEED), POOL)
    assert not verify(drawn, SEED, commitment(bytes(32)), POOL)
    assert not verify(replace(drawn, picked=("a0", "a9")), SEED, commitment(SEED), POOL)
    assert not verify(drawn, SEED, commitment(SEED), replace(POOL, base="b2"))


@given(st.permutations(FREE), st.binary(min_size=32, max_size=32))
def test_the_order_of_the_pool_does_not_matter(pool, seed):
    assert draw(seed, replace(POOL, assessors=tuple(pool))) == draw(seed, POOL)


def test_county_ties_recusal_and_objection_keep_someone_out():
    kept_out = (
        Assessor("home", "410102"),
        Assessor("tied", "410103", (Tie("b1", "kin", date(2023, 3, 2)),)),
        Assessor("recused", "410103"),
        Assessor("objected", "410103"),
    )
    long_ago = Assessor("long_ago", "410103", (Tie("b1", "advice", date(2023, 3, 1)),))
    pool = replace(
        POOL,
        assessors=(*kept_out, long_ago, FREE[0]),
        recused=frozenset({"recused"}),
        objected="objected",
    )
    drawn = draw(SEED, pool)
    assert set(drawn.picked) == {"long_ago", "a0"}
    assert drawn.excluded == {
        "home": Excluded.SAME_COUNTY,
        "tied": Excluded.TIE,
        "recused": Excluded.RECUSED,
        "objected": Excluded.OBJECTED,
    }


@given(st.binary(min_size=32, max_size=32))
def test_last_times_pair_is_not_sent_again_where_it_can_be_avoided(seed):
    pair = frozenset({"a0", "a1"})
    three = replace(POOL, assessors=FREE[:3], used=frozenset({pair}))
    assert set(draw(seed, three).picked) != pair
    two = replace(three, assessors=FREE[:2])
    assert set(draw(seed, two).picked) == pair


def test_too_few_assessors_is_said():
    with pytest.raises(Refusal, match="1人"):
        draw(SEED, replace(POOL, assessors=FREE[:1]))
    with pytest.raises(BadValue):
        draw(SEED, replace(POOL, wanted=1))
    with pytest.raises(BadValue):
        commitment(b"short")


def test_every_fact_of_the_pool_is_in_its_hash():
    tied = (Assessor("a0", "410103", (Tie("b9", "kin"),)), *FREE[1:])
    changed = [
        replace(POOL, county="410104"),
        replace(POOL, recused=frozenset({"a1"})),
        replace(POOL, objected="a1"),
        replace(POOL, wanted=3),
        replace(POOL, assessors=tied),
    ]
    assert len({pool_hash(one) for one in [POOL, *changed]}) == 6
