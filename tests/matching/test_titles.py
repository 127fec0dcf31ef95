"""Free job titles: what is read of them, what slips are mended, when nothing is said."""

import csv
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.titles import read
from matching.engine.titles import training
from matching.engine.titles.classification import LEVELS, classification, group
from matching.engine.titles.cleaning import clean, plain
from matching.engine.titles.features import Vocabulary, grams
from matching.engine.titles.model import SHIPPED, Model, shipped
from matching.engine.titles.typos import Lexicon, sounds


def best(title):
    return shipped().answer([title])[0].candidates[0].code


# Cleaning


@pytest.mark.parametrize(
    ("typed", "core"),
    [
        ("【郑州】高薪诚聘缝纫工5名（包吃住+五险，月薪6k）", ("缝纫工",)),
        ("月薪8千招高端别墅保洁收纳", ("高端别墅保洁收纳",)),
        ("销售工程师（十堰）", ("销售工程师",)),
        ("操作工（为残疾人爱心岗）", ("操作工",)),
        ("高级电工", ("电工",)),
        ("电话客服+朝九晚六不加班+（曲靖）", ("电话客服",)),
        ("设备工程师(J12121)", ("设备工程师",)),
        ("滑县招面点师2名", ("面点师",)),
    ],
)
def test_pay_place_number_rank_and_praise_are_no_part_of_the_title(typed, core):
    assert clean(typed).core == core


def test_recruiting_as_the_work_itself_stays():
    assert clean("资深招聘专员").core == ("招聘专员",)
    assert clean("招生老师").core == ("招生老师",)
    assert clean("招商经理").core == ("招商经理",)


def test_the_firm_before_the_job_is_a_hint_beside_it():
    title = clean("绍永机械招聘车工")
    assert title.core == ("车工",)
    assert "绍永机械" in title.aside


def test_a_title_that_stands_in_brackets_alone_is_read_there():
    assert clean("【包吃住】（电工）").core == ("电工",)


def test_nothing_but_praise_names_no_job():
    assert clean("高薪急聘（包吃住）") == clean("")


def test_full_width_traditional_and_hidden_signs_make_no_difference():
    assert clean("縫紉工") == clean("缝纫工")
    assert clean("ＣＡＤ制图员") == clean("cad制图员")
    assert clean("按摩\u200b师") == clean("按摩师")


@given(st.text(max_size=80))
def test_any_text_is_read_without_fault_and_twice_the_same(text):
    title = clean(text)
    assert clean(text) == title
    assert all(segment.strip() for segment in title.core)
    assert plain(plain(text)) == plain(text)


# N-grams


def test_the_edge_of_a_word_tells_a_worker_from_works():
    ends, begins = grams(clean("缝纫工")), grams(clean("工程师"))
    assert "工\x03" in ends
    assert "工\x03" not in begins
    assert "\x02工" in begins


def test_a_hint_weighs_less_than_the_title():
    counts = grams(clean("车工（机械）"))
    assert counts["车工"] > counts["机械"]


def test_a_strange_title_is_known_in_part_and_a_learnt_one_wholly():
    vocabulary = Vocabulary.of([clean("缝纫工"), clean("缝纫机")])
    assert vocabulary.rows([clean("缝纫工")]).known[0] == pytest.approx(1, abs=1e-6)
    assert 0 < vocabulary.rows([clean("缝纫龘")]).known[0] < 1
    assert vocabulary.rows([clean("龘龘")]).known[0] == 0


# Slips


def test_a_slip_that_sounds_alike_is_mended():
    assert sounds("暗摩师") == sounds("按摩师")
    assert Lexicon(["按摩师"]).mended("暗摩师") == "按摩师"


def test_letters_instead_of_characters_are_read():
    assert Lexicon(["按摩师"]).mended("anmoshi") == "按摩师"


def test_two_signs_in_the_wrong_order_or_one_wrong_are_mended():
    assert Lexicon(["面点师傅"]).mended("面师点傅") == "面点师傅"
    assert Lexicon(["保洁员"]).mended("保活员") == "保洁员"


def test_what_is_near_nothing_is_left_alone():
    assert Lexicon(["面点师傅"]).mended("飞行员") is None
    assert Lexicon(["面点师傅"]).mended("面点师傅") is None


@pytest.mark.parametrize(
    ("typed", "code"),
    [("保结员", "4-09-08-01"), ("快地员", "4-02-07-08"), ("anmoshi", "4-10-04-02")],
)
def test_a_mended_title_gets_its_code_and_says_what_it_was_read_as(typed, code):
    answer = shipped().answer([typed])[0]
    assert answer.candidates[0].code == code
    assert answer.read_as


def test_a_title_that_is_read_well_is_not_mended():
    assert shipped().answer(["缝纫工"])[0].read_as == ""


# Our trades


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("盲人按摩师（包吃住）", "4-10-04-02"),
        ("小儿推拿技师 6000起", "4-10-04-02"),
        ("居家手工编织 计件", "6-05-01-06"),
        ("开封汴绣坊招聘绣娘", "6-09-03-11"),
        ("剪纸非遗传承人助理", "6-09-03-19"),
        ("蔬菜大棚种植工", "5-01-02-01"),
        ("养猪场饲养员夫妻工", "5-03-02-01"),
        ("早餐店急招面点师傅", "4-03-02-02"),
        ("AI数据标注员（残疾人优先）", "4-04-05-05"),
        ("服装厂平缝工5名", "6-05-01-03"),
        ("家政阿姨", "4-10-01-06"),
        ("美甲学徒", "4-10-03-03"),
        ("钧瓷拉坯师傅", "6-09-03-03"),
        ("手机维修学徒", "4-12-03-02"),
        ("钢琴调律（视障）", "4-12-05-02"),
        ("在线客服 居家", "4-04-05-03"),
    ],
)
def test_the_trades_of_this_programme_are_known(typed, code):
    assert best(typed) == code


def test_there_are_more_than_400_hand_made_titles_each_once_and_of_a_real_code():
    made = training.trades()
    assert len(made) > 400
    assert len({one.text for one in made}) == len(made)
    assert {one.code for one in made} <= set(classification())
    assert all(clean(one.text).core for one in made)


def test_hand_made_titles_overrule_a_label_that_contradicts_them_word_by_word():
    learnt = training.examples()
    trust = dict(
        zip(((one.text, one.code) for one in learnt), training._trust(learnt), strict=True)
    )
    assert trust["育儿嫂", "5-01-01-01"] < trust["育儿嫂", "4-10-01-06"]
    assert best("育儿嫂") == "4-10-01-06"


# Saying nothing, and saying less


@pytest.mark.parametrize("typed", ["", "😀", "高薪急聘", "（包吃住）", "龘龘龘"])
def test_what_names_no_job_gets_no_answer(typed):
    answer = shipped().answer([typed])[0]
    assert answer.sure is None
    assert answer.candidates == ()


def test_where_the_code_is_in_doubt_a_level_above_answers():
    """Each level is met among real titles; the answer is above its candidates."""
    titles = [one.text for one in training.labelled()[::7]]
    answers = shipped().answer(titles)
    assert {one.level for one in answers} == {*LEVELS, ""}
    for one in answers:
        if one.sure is not None and one.level != "code":
            assert one.sure.code == group(one.sure.code, one.level)
            assert classification()[one.sure.code].name == one.sure.name


def test_without_thresholds_every_title_would_be_answered():
    """The positive control of abstention."""
    whole = shipped()
    open_ = type(whole.calibration)(
        whole.calibration.weights, dict.fromkeys(LEVELS, 0.0), whole.calibration.records
    )
    free = Model(whole.vocabulary, whole.vectors, whole.scale, whole.basis, whole.codes, open_)
    assert whole.answer(["月入不错的工作"])[0].level != "code"
    assert free.answer(["月入不错的工作"])[0].level == "code"


def test_candidates_are_five_different_codes_likeliest_first_and_add_up_to_one_at_most():
    for answer in shipped().answer(["仓库打包员", "项目经理", "销售"]):
        told = [one.probability for one in answer.candidates]
        assert len({one.code for one in answer.candidates}) == 5
        assert told == sorted(told, reverse=True)
        assert 0 <= sum(told) <= 1.001


# The file


def test_the_shipped_model_is_of_the_shipped_data_and_small():
    file = SHIPPED.read_bytes()
    model, digest = Model.from_bytes(file)
    assert digest == training.digest(), "run: ./run bench titles --build"
    assert len(file) < 10_000_000
    # What is in it, not how this Python writes the head of a zip.
    once, again = (np.load(io.BytesIO(one)) for one in (file, model.to_bytes(digest)))
    assert once.files == again.files
    assert all(np.array_equal(once[name], again[name]) for name in once.files)


def test_the_same_titles_get_the_same_answers_alone_and_in_company():
    titles = [one.text for one in training.labelled()[:60]]
    together = shipped().answer(titles)
    alone = [shipped().answer([one])[0] for one in titles]
    assert [one.candidates[0].code for one in together] == [one.candidates[0].code for one in alone]
    assert shipped().answer(titles) == together


def test_a_file_with_pickled_objects_is_refused(tmp_path):
    bad = tmp_path / "bad.npz"
    np.savez(bad, about=np.array([{"a": 1}], dtype=object))
    with pytest.raises(ValueError, match="allow_pickle"):
        Model.from_bytes(bad.read_bytes())


def test_every_group_above_a_code_is_of_its_own_branch():
    for code in classification():
        assert group(code, "major")[0] == code[0]
        assert group(code, "code") == code


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_the_measurement_reads_files_as_spreadsheets_write_them(tmp_path, encoding):
    file = tmp_path / "titles.csv"
    with file.open("w", encoding=encoding, newline="") as out:
        csv.writer(out).writerows([("title", "code"), ("缝纫工，急招", "6-05-01-03")])
    assert [(one.text, one.code) for one in read(file)] == [("缝纫工，急招", "6-05-01-03")]
