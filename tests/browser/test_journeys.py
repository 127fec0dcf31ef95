"""The five ways through the house, by keyboard alone, in both languages, on phone and desk."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Page

from accreditation.clauses import Kind
from accreditation.rubric import default_rubric
from services.demo import today_in_henan
from services.settings import Settings
from tests.browser.keyboard import Keyboard
from tests.browser.province import Province, open_province

pytestmark = pytest.mark.browser

PHONE, DESK = {"width": 360, "height": 800}, {"width": 1280, "height": 900}
NARROWEST = {"width": 320, "height": 640}  # 1280 px at 400 %
HTML_LANG = {"zh": "zh-Hans-CN", "en": "en"}
EVERYWHERE = pytest.mark.parametrize(
    ("language", "window"),
    [("zh", PHONE), ("en", DESK), ("zh", DESK), ("en", PHONE)],
    ids=["zh-phone", "en-desk", "zh-desk", "en-phone"],
)
EACH_LANGUAGE = pytest.mark.parametrize(
    ("language", "window"), [("zh", DESK), ("en", PHONE)], ids=["zh-desk", "en-phone"]
)
# A state said by nothing but a colour: no words, or no sign or letter beside them.
ONLY_COLOURED = """() => [
  ...[...document.querySelectorAll(".tag")].filter(tag => {
    const sign = tag.querySelector(".tag__sign");
    return !sign?.textContent.trim()
      || !tag.textContent.replace(sign.textContent, "").trim();
  }),
  ...[...document.querySelectorAll(".chart-grid > g")].filter(
    tile => tile.querySelector(".chart-tile:not(.chart-none)")
      && !tile.querySelector(".chart-letter").textContent.trim()),
  ...[...document.querySelectorAll(".notice, .govuk-form-group--error")].filter(
    one => !one.textContent.trim()),
].map(one => one.outerHTML.slice(0, 120))"""


@pytest.fixture(scope="session")
async def province(template: Settings) -> AsyncIterator[Province]:
    """The small simulated province, served."""
    async with open_province(template) as opened:
        yield opened


@dataclass(slots=True)
class Visit:
    """One person's way through the site, in one language and one window."""

    page: Page
    keys: Keyboard
    language: str
    window: dict[str, int]
    axe: Callable[[Page], Awaitable[None]]
    sideways: Callable[[Page], Awaitable[int]]
    screenshot: Callable[..., Awaitable[None]]
    met: set[tuple[str, str, int]]

    async def seen(self, status: int = 200, picture: str | None = None) -> None:
        """What must hold of every page that is met; keeps a picture of the Chinese ones."""
        assert self.keys.status == status, self.page.url
        assert await self.page.get_attribute("html", "lang") == HTML_LANG[self.language]
        if picture and self.language == "zh":
            await self.screenshot(self.page, picture, whole=False)
        # Home and sign-in look the same on every way: once a language and window is enough.
        path = urlsplit(self.page.url).path
        if path in ("/", "/sign-in"):
            if (path, self.language, self.window["width"]) in self.met:
                return
            self.met.add((path, self.language, self.window["width"]))
        await self.axe(self.page)
        assert await self.page.evaluate(ONLY_COLOURED) == [], self.page.url
        await self.page.set_viewport_size(NARROWEST)  # type: ignore[arg-type]  # a TypedDict
        wider = await self.sideways(self.page)
        await self.page.set_viewport_size(self.window)  # type: ignore[arg-type]
        assert wider == 0, f"{wider} px too wide at 320: {self.page.url}"

    async def open(self, selector: str, *, status: int = 200, picture: str | None = None) -> None:
        await self.keys.open(selector)
        await self.seen(status, picture)

    async def sign_in(self, user: int) -> None:
        """From the sign-in page that a closed door leads to, by the persona's button."""
        await self.open(f'form:has([name="persona"][value="{user}"]) button')

    async def text(self, selector: str) -> str:
        return (await self.page.inner_text(selector)).strip()

    async def count(self, selector: str) -> int:
        return await self.page.locator(selector).count()


Start = Callable[[str, dict[str, int]], Awaitable[Visit]]


@pytest.fixture(scope="session")
def met() -> set[tuple[str, str, int]]:
    """Pages that look the same to everybody: path, language and width of those seen."""
    return set()


@pytest.fixture
def start(
    page: Page,
    province: Province,
    met: set[tuple[str, str, int]],
    axe: Callable[[Page], Awaitable[None]],
    sideways: Callable[[Page], Awaitable[int]],
    screenshot: Callable[..., Awaitable[None]],
) -> Start:
    """`await start(language, window)`: the home page, in the language chosen by its link."""

    async def begin(language: str, window: dict[str, int]) -> Visit:
        await page.set_viewport_size(window)  # type: ignore[arg-type]  # a TypedDict
        await page.goto(province.url)
        visit = Visit(page, Keyboard(page), language, window, axe, sideways, screenshot, met)
        if language == "en":
            await visit.keys.open('.top__link[hreflang="en"]')
        await visit.seen()
        return visit

    return begin


@EVERYWHERE
async def test_an_assessor_scores_an_indicator_and_sees_what_is_missing(
    start: Start, province: Province, language: str, window: dict[str, int]
) -> None:
    visit = await start(language, window)
    await visit.open('.doors a[href="/sheets"]')
    await visit.sign_in(province.personas["assessor"][language == "en"])
    await visit.open("tbody tr:has(.tag--due) a", picture=_at(window, "sheet-list"))
    missing = await _number(visit, ".notice__title")
    code = await _open_choice(visit)
    await visit.open(f'.sheet__item a[href$="/{code}"]')
    row = f'.sheet__item:has(a[href$="/{code}"])'

    # The poorest answer, with no reason for it: kept, and the sheet says what it still wants.
    await _answer_poorly(visit)
    await visit.open('button[name="do"][value="stay"]')
    assert await _number(visit, ".notice__title") == missing
    assert await visit.count(f"{row} .tag--due") == 1

    # Back to it: the answer stands; with a reason it is done.
    await visit.open(f"{row} a", picture=_at(window, "sheet"))
    assert await visit.count("main input:checked") > 0
    await visit.keys.write("#reason", "现场没有看到，台账第12页 / not seen on site")
    await visit.open('button[name="do"][value="stay"]')
    assert await _number(visit, ".notice__title") == missing - 1
    assert await visit.count(f"{row} .tag--due") == 0
    await visit.open('.places a[href="/sheets"]')


def _at(window: dict[str, int], name: str) -> str | None:
    """A picture's name for the phone's visit only."""
    return name if window is PHONE else None


async def _number(visit: Visit, selector: str) -> int:
    found = re.search(r"\d+", await visit.text(selector))
    assert found is not None
    return int(found.group())


async def _open_choice(visit: Visit) -> str:
    """The first indicator still to be filled in whose questions are all choices (tier, checklist)."""
    left: list[str] = await visit.page.eval_on_selector_all(
        ".sheet__item:has(.tag--due) a", "all => all.map(one => one.href.split('/').pop())"
    )
    chosen = {
        item.id
        for item in default_rubric().items
        if {variable.kind for variable in item.variables} <= {Kind.YES_NO, Kind.CHOICE}
    }
    return next(code for code in left if code in chosen)


async def _answer_poorly(visit: Visit) -> None:
    """Takes the last and lowest choice of every question."""
    last: list[str] = await visit.page.eval_on_selector_all(
        "main input[type=radio]",
        "all => [...new Map(all.map(one => [one.name, one.id])).values()]",
    )
    for one in last:
        await visit.keys.mark(f'[id="{one}"]')


@EACH_LANGUAGE
async def test_an_employer_says_why_a_demand_is_essential_and_sees_how_many_fit(
    start: Start, province: Province, language: str, window: dict[str, int]
) -> None:
    visit = await start(language, window)
    await visit.open('.doors a[href="/orders"]')
    await visit.sign_in(province.personas["employer"][0])
    await visit.open('main a[href="/orders/new"]')
    await visit.keys.write("#trade", "服装厂平缝工")
    await visit.open(".search button", picture="order-occupation")
    await visit.keys.mark("#trade-1")  # 缝纫工
    await visit.open("main form:not(.search) button")
    demands: list[str] = await visit.page.eval_on_selector_all(
        'form [id^="level-"]', "all => all.filter(one => one.value > 0).map(one => one.id.slice(6))"
    )
    assert len(demands) > 3, "the occupation fills the demands in"

    today = today_in_henan()
    typed = {"address": "工业路8号", "seats": "12", "wage_min": "2800", "wage_max": "3600"}
    for name, day in (("deadline", 20), ("starts_on", 40)):
        when = today + timedelta(days=day)
        typed |= {name: f"{when.year}", f"{name}-month": f"{when.month}"}
        typed |= {f"{name}-day": f"{when.day}"}
    for name, value in typed.items():
        await visit.keys.write(f"#{name}", value)
    first = demands[0]
    await visit.keys.mark(f"#essential-{first}")
    await visit.open('button[value="preview"]', status=422)

    # Why is asked beside the field, and nothing typed is lost.
    assert await visit.text(f"#reason-{first}-error")
    assert await visit.count(".govuk-error-summary") == 1
    for name, value in typed.items():
        assert await visit.page.input_value(f"#{name}") == value
    assert await visit.page.is_checked(f"#essential-{first}")

    await visit.keys.reach(f'.govuk-error-summary a[href="#reason-{first}"]')
    await visit.page.keyboard.press("Enter")
    assert await visit.page.evaluate("document.activeElement.id") == f"reason-{first}"
    await visit.keys.write(f"#reason-{first}", "踩缝纫机踏板，整天如此")
    await visit.open('button[value="preview"]', picture="order-form")
    counts = await visit.page.locator(".figures__value").all_inner_texts()
    assert len(counts) == 4
    assert any(re.search(r"\d{2,}", one) for one in counts), counts  # rounded for employers
    await visit.open('button[value="save"]')
    assert re.search(r"/orders/\d+$", visit.page.url)
    await visit.open('.places a[href="/orders"]')


@EVERYWHERE
async def test_a_job_seeker_reads_why_it_fits_answers_and_replies(
    start: Start, province: Province, language: str, window: dict[str, int]
) -> None:
    seeker = await province.seeker()
    visit = await start(language, window)
    await visit.open('.doors a[href="/openings"]')
    await visit.sign_in(seeker)

    # Reserved first: why this one fits, on its own page, and back.
    await visit.seen(picture=_at(window, "openings"))
    await visit.open('[id^="offer-title-"] a', picture=_at(window, "opening"))
    assert await visit.count("main .tag") > 0
    await visit.open('main a[href^="/openings?person="]')

    # An unknown is answered where it is asked, and asked no more.
    form = 'form[action="/openings/answers"]'
    question = await visit.page.get_attribute(f"{form} [name=key]", "value")
    asked = f'{form}:has([name=key][value="{question}"])'
    options = await visit.page.locator(f"{asked} >> nth=0 >> option").all()
    await visit.keys.pick(f"{asked} select", await options[-1].get_attribute("value") or "")
    await visit.open(f"{asked} button")
    assert await visit.count(asked) == 0

    # Accepts or gives back the seat that is kept.
    word = "acceptance" if language == "zh" else "decline"
    await visit.open(f'form[action$="/{word}"] button')
    assert await visit.count('form[action$="/acceptance"]') == 0
    assert await visit.count('form[action$="/decline"]') == (language == "zh")


@EACH_LANGUAGE
async def test_staff_see_their_day_open_a_case_and_come_back(
    start: Start, province: Province, language: str, window: dict[str, int]
) -> None:
    visit = await start(language, window)
    await visit.open('.doors a[href="/staff"]')
    await visit.sign_in(province.personas["province_staff"][0])
    await visit.seen(picture="staff-home")
    await visit.open('main a[href^="/cases/"]', picture="case")
    await visit.open('.places a[href="/staff"]')
    await visit.open('.places a[href="/cases"]')
    await visit.open('.places a[href="/matching"]')


@EACH_LANGUAGE
async def test_the_county_checks_an_order_and_opens_it(
    start: Start, province: Province, language: str, window: dict[str, int]
) -> None:
    checker = await province.checker()
    visit = await start(language, window)
    await visit.open('.doors a[href="/staff"]')
    await visit.sign_in(checker)
    await visit.open('main a[href^="/orders/"]')
    await visit.open('form[action$="/open"] button')
    await visit.open('.places a[href="/staff"]')
    assert await visit.count('main a[href^="/orders/"]') == 0


@EACH_LANGUAGE
async def test_anybody_sees_the_coverage_and_checks_a_plaque(
    start: Start, province: Province, language: str, window: dict[str, int]
) -> None:
    visit = await start(language, window)
    await visit.open('.places a[href="/coverage"]', picture="coverage")
    await visit.open('.places a[href="/register"]')
    number = await visit.text("tbody tr:nth-child(3) td:nth-of-type(2)")
    await visit.keys.write("#q", number)
    await visit.open(".search button")
    assert await visit.count("tbody tr") == 1
    await visit.open("tbody a")
    assert number in await visit.text("main")
    await visit.open('.places a[href="/notices"]')
    await visit.open('.foot a[href="/honesty"]')


@EACH_LANGUAGE
async def test_an_auditor_reads_the_log(
    start: Start, province: Province, language: str, window: dict[str, int]
) -> None:
    visit = await start(language, window)
    await visit.open('.top__link[href="/sign-in"]')
    await visit.sign_in(province.personas["auditor"][0])
    await visit.open('.places a[href="/audit"]')
    assert await visit.count("tbody tr") > 0


@EACH_LANGUAGE
async def test_a_page_that_is_not_there_says_so_and_leads_home(
    start: Start, province: Province, language: str, window: dict[str, int]
) -> None:
    visit = await start(language, window)
    answer = await visit.page.goto(f"{province.url}/nothing-here")
    assert answer is not None
    visit.keys.status = answer.status
    await visit.seen(404)
    await visit.open(".top__name")


async def test_a_tag_without_a_sign_is_found(start: Start) -> None:
    visit = await start("zh", DESK)
    await visit.open('.places a[href="/notices"]')
    await visit.page.evaluate(
        "document.querySelector('main').insertAdjacentHTML('beforeend',"
        " '<strong class=\"tag tag--late\"><span class=tag__sign></span>有</strong>')"
    )
    with pytest.raises(AssertionError, match="notices"):
        await visit.seen()


async def test_what_no_key_reaches_is_found(start: Start) -> None:
    visit = await start("zh", DESK)
    await visit.page.evaluate("document.querySelector('.doors a').tabIndex = -1")
    with pytest.raises(AssertionError, match="no key leads"):
        await visit.keys.reach(".doors a")
