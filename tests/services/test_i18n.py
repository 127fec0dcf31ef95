"""Two languages, both complete."""

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from accreditation.errors import IllegalMove
from services import i18n
from services.i18n import CatalogError, Message, _


def test_every_text_of_the_interface_is_translated() -> None:
    assert i18n.missing("en") == []


def test_no_translation_is_fuzzy_unused_or_broken() -> None:
    assert i18n.faults("en") == []


def test_texts_of_code_templates_and_refusals_are_found() -> None:
    found = i18n.extract()
    assert found["请填写{label}"].startswith("services/web/forms.py:")
    assert found["跳到主要内容"].startswith("services/web/templates/base.html:")
    assert {"IllegalMove", "GuardNotMet", "BadValue"} <= i18n.refusal_names(
        [i18n.ROOT / "accreditation/errors.py"]
    )


def test_an_untranslated_text_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(i18n, "catalog", lambda language: {})
    assert any(line.endswith("请填写{label}") for line in i18n.missing("en"))


def test_chinese_is_shown_as_it_is_written_and_english_from_its_file() -> None:
    assert _("还剩 {days} 天", days=3) == "还剩 3 天"
    with i18n.using("en"):
        assert _("还剩 {days} 天", days=3) == "3 days left"
        assert _("没有译文的话") == "没有译文的话"
    assert i18n.language() == "zh"


def test_a_message_speaks_the_language_of_whoever_reads_it() -> None:
    message = Message("请填写{label}", label=Message("年"))
    assert str(message) == "请填写年"
    with i18n.using("en"):
        assert str(message) == "Enter: Year"


def test_a_value_without_a_place_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="no place"):
        _("还剩 {days} 天", days=3, hours=4)


def test_a_refusal_is_translated_with_its_values() -> None:
    refusal = IllegalMove("还剩 {days} 天", days=2)
    assert i18n.translate_refusal(refusal) == str(refusal)
    with i18n.using("en"):
        assert i18n.translate_refusal(refusal) == "2 days left"


def test_two_rooms_may_repeat_a_translation_but_not_differ() -> None:
    one, same, other = Catalog("en"), Catalog("en"), Catalog("en")
    one.add("基地", "base")
    same.add("基地", "base")
    other.add("基地", "site")
    assert i18n.merge({"a.po": one, "b.po": same}) == {"基地": "base"}
    with pytest.raises(CatalogError, match=r"a\.po and b\.po"):
        i18n.merge({"a.po": one, "b.po": other})


def test_places_must_be_the_same_in_both_languages() -> None:
    assert i18n.same_places("{a}比{b}", "{b} than {a}")
    assert not i18n.same_places("{a}比{b}", "{a}")
    assert not i18n.same_places("{a}", "{a")


def test_faults_of_a_file_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "en").mkdir()
    (tmp_path / "en/x.po").write_text(
        'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'
        '#, fuzzy\nmsgid "没人说的话"\nmsgstr "x"\n\nmsgid "请填写{label}"\nmsgstr "Enter"\n',
        encoding="utf-8",
    )
    monkeypatch.setattr(i18n, "LOCALE", tmp_path)
    assert [line.split(": ")[1] for line in i18n.faults("en")] == [
        "fuzzy",
        "nothing says",
        "places differ",
    ]
