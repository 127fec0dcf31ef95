"""A small province for the thread of accreditation: people with their roles, a browser for each."""

from __future__ import annotations

import io
import json
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import aiohttp
from aiohttp.test_utils import TestClient, TestServer

from accreditation import credit_code
from accreditation.clauses import Binary, Checklist, Deduction, Kind, Ratio, Tiered
from accreditation.rubric import Item, Stage, default_rubric
from services.access import Actor
from services.actions import sign_in
from services.actions.cases import SYSTEM
from services.app import create_app
from services.db.context import speak_for
from services.jobs import clocks
from services.web.keys import Clock
from services.web.middlewares import COOKIE
from tests.conftest import NOW, Place

COUNTY, OTHER, FAR = "410181", "410182", "410102"  # 巩义, 荥阳, 中原区: all below 郑州 410100
CITY, PROVINCE = "410100", "410000"
PDF = b"%PDF-1.7\n" + b"0" * 200


FAR_APART = {
    "A.1.1": {"A.1.1.tenure_months": "0"},
    "A.2.4": {"A.2.4.met": "no"},
}


def code(body: str = "91410181MA4XEQ01X") -> str:
    """A credit code whose check sign holds."""
    return body + credit_code.check_sign(body)


@dataclass
class Browser:
    """One person's session."""

    world: World
    user: int | None
    token: str = ""
    csrf: str = ""

    def _headers(self, **more: str) -> dict[str, str]:
        cookie = {"Cookie": f"{COOKIE}={self.token}"} if self.token else {}
        return {"Accept": "text/html", **cookie, **more}

    async def get(self, path: str, status: int = 200, language: str = "zh") -> str:
        headers = self._headers(**{"Accept-Language": language})
        async with self.world.client.get(path, headers=headers, allow_redirects=False) as r:
            text = await r.text()
            assert r.status == status, (path, r.status, _said(text))
            return text

    async def post(self, path: str, status: int = 303, **form: Any) -> str:
        """Posts a form; where it leads to, or the page if it was refused."""
        data = [(k.replace("__", "-"), v) for k, vs in form.items() for v in _many(vs)]
        return await self.send(path, [*data, ("csrf", self.csrf)], status)

    async def send(self, path: str, data: Any, status: int = 303) -> str:
        async with self.world.client.post(
            path, data=data, headers=self._headers(), allow_redirects=False
        ) as r:
            text = await r.text()
            assert r.status == status, (path, r.status, _said(text))
            return r.headers.get("Location", text)

    async def move(self, case: int, event: str, status: int = 303, **said: Any) -> str:
        return await self.post(f"/cases/{case}/moves", status, event=event, **said)

    async def api(self, method: str, path: str, status: int, body: object = None) -> Any:
        async with self.world.client.request(
            method,
            path,
            data=None if body is None else json.dumps(body),
            headers=self._headers(**{"Accept": "application/json", "X-CSRF-Token": self.csrf}),
        ) as r:
            text = await r.text()
            assert r.status == status, (path, r.status, text)
            return json.loads(text) if text else None


def _many(value: Any) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list | tuple) else [str(value)]


def _said(text: str) -> str:
    main = re.search(r"<main.*?</main>", text, re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main.group() if main else text))[:1500]


@dataclass
class World:
    place: Place
    client: Any = None
    now: datetime = NOW
    people: dict[str, int] = field(default_factory=dict)

    async def start(self) -> World:
        app = create_app(self.place.settings, clock=Clock(lambda: self.now))
        self.client = TestClient(TestServer(app), cookie_jar=aiohttp.DummyCookieJar())
        await self.client.start_server()
        add = self.place.user
        self.people = {
            "applicant": await add("申请人"),
            "county": await add("县一", role="county_staff", area=COUNTY),
            "county2": await add("县二", role="county_staff", area=COUNTY),
            "stranger": await add("外县", role="county_staff", area=OTHER),
            "city": await add("市", role="city_staff", area=CITY),
            "province": await add("省", role="province_staff", area=PROVINCE),
            "office": await add("评估办", role="assessment_office", area=PROVINCE),
            "moderator": await add("复核", role="moderator"),
            "panel": await add("评审", role="panel_member"),
            "review": await add("异议", role="review_group"),
        }
        for number, county in enumerate((OTHER, FAR, FAR, COUNTY, FAR, OTHER)):
            user = await add(f"评估{number}", role="assessor")
            await self.place.owner.execute(
                "insert into assessor values ($1, $2, '{}', true, true)", user, county
            )
            self.people[f"assessor{number}"] = user
        return self

    async def stop(self) -> None:
        await self.client.close()

    async def browser(self, who: str | int | None) -> Browser:
        """A signed-in browser of somebody; None: the public."""
        if who is None:
            return Browser(self, None)
        user = self.people[who] if isinstance(who, str) else who
        async with self.place.pool.acquire() as conn, conn.transaction():
            await speak_for(conn, Actor(None))
            opened = await sign_in.open_session(
                conn, self.place.keys, user, now=self.now, request_id="test", how="test"
            )
        return Browser(self, user, opened.token, opened.csrf)

    def later(self, **by: float) -> None:
        self.now += timedelta(**by)

    async def value(self, sql: str, *args: object) -> Any:
        return await self.place.owner.fetchval(sql, *args)

    # The journey, in steps that tests share.

    async def register(self, body: str = "91410181MA4XEQ01X", county: str = COUNTY) -> int:
        manager = await self.browser("applicant")
        to = await manager.post(
            "/bases",
            name="巩义市阳光职业培训基地",
            credit__code=code(body),
            county=county,
            kind="training_institution",
            address="巩义市新华路1号",
            trades="缝纫工、家政服务员",
            capacity__per__year="200",
            contact__name="王某",
            contact__phone="13700000000",
        )
        return int(to.rsplit("/", 1)[1])

    async def apply(self, base: int) -> int:
        manager = await self.browser("applicant")
        case = int((await manager.post(f"/bases/{base}/applications")).rsplit("/", 1)[1])
        for kind in ("licence", "premises", "safety", "teachers", "rules"):
            await self.upload(manager, case, kind)
        for section in "ABCD":
            await manager.post(f"/cases/{case}/self-scores/{section}", **full_marks(section))
        await manager.move(case, "submit")
        return case

    async def upload(
        self,
        who: Browser,
        case: int,
        kind: str,
        content: bytes = PDF,
        status: int = 303,
        item: str = "",
    ) -> str:
        form = aiohttp.FormData()
        form.add_field("kind", kind)
        form.add_field("title", f"{kind}.pdf")
        form.add_field("item", item)
        form.add_field(
            "file", io.BytesIO(content), filename="x.pdf", content_type="application/pdf"
        )
        return await who.send(f"/cases/{case}/documents?csrf={who.csrf}", form, status)

    async def review(self, case: int) -> None:
        """County, city and province, up to scheduling."""
        county, second = await self.browser("county"), await self.browser("county2")
        await county.post(f"/cases/{case}/checks", what="completeness", clear="yes", note="齐")
        await county.move(case, "accept")
        await county.post(f"/cases/{case}/checks", what="vetoes", clear="yes", note="无")
        await county.post(f"/cases/{case}/checks", what="premises", clear="yes", note="到过")
        await second.move(case, "endorse")
        await (await self.browser("city")).move(case, "forward")
        await (await self.browser("province")).move(case, "schedule")

    async def draw(self, case: int) -> list[int]:
        """Two assessors drawn, cleared and given their sheets."""
        office = await self.browser("office")
        await office.post(f"/cases/{case}/draws")
        await office.post(f"/cases/{case}/draws/reveal")
        picked = await self.serving(case)
        for user in picked:
            assessor = await self.browser(user)
            await assessor.post(f"/cases/{case}/checks", what="recusal", clear="yes", note="")
        await office.post(f"/cases/{case}/checks", what="visit", clear="yes", note="2026-11-30")
        await office.move(case, "assessors_ready")
        return picked

    async def serving(self, case: int) -> list[int]:
        rows = await self.place.owner.fetch(
            "select user_id from case_member where case_id = $1 and part = 'assessor' and until is null"
            " order by user_id",
            case,
        )
        return [row["user_id"] for row in rows]

    async def sheet(self, case: int, user: int) -> int:
        return int(
            await self.value(
                "select id from score_sheet where case_id = $1 and assessor_id = $2 order by round desc",
                case,
                user,
            )
        )

    async def score(
        self,
        case: int,
        user: int,
        *,
        but: dict[str, dict[str, str]] | None = None,
        lock: bool = True,
        stage: Stage = Stage.ADMISSION,
    ) -> int:
        """Fills one sheet through its pages, full marks but for `but`, and locks it."""
        who, sheet = await self.browser(user), await self.sheet(case, user)
        for item in default_rubric().at(stage):
            if item.auto_from_data and stage is Stage.OPERATION:
                continue
            form = (but or {}).get(item.id) or best(item)
            await who.post(
                f"/sheets/{sheet}/items/{item.id}",
                version=await self.version(sheet),
                reason="现场看过，材料齐全",
                **form,
            )
        if lock:
            await who.post(f"/sheets/{sheet}/lock", version=await self.version(sheet))
        return sheet

    async def version(self, sheet: int) -> int:
        return int(await self.value("select version from score_sheet where id = $1", sheet))

    async def state(self, case: int) -> str:
        return str(await self.value("select state from accreditation_case where id = $1", case))

    async def appoint(self, case: int, who: str, part: str, status: int = 303) -> str:
        office = await self.browser("office")
        return await office.post(f"/cases/{case}/members", status, user=self.people[who], part=part)

    async def to_decision(self, base: int | None = None) -> int:
        """A case that two agreeing assessors have scored in full."""
        case = await self.apply(base or await self.register())
        await self.review(case)
        for user in await self.draw(case):
            await self.score(case, user)
        await self.appoint(case, "panel", "panel")
        return case

    async def to_plaque(self, base: int | None = None) -> int:
        case = await self.to_decision(base)
        await (await self.browser("panel")).move(case, "propose_admission", reason="达标")
        self.later(days=8)
        await self.run_clocks()
        return case

    async def run_clocks(self) -> int:
        async with self.place.pool.acquire() as conn, conn.transaction():
            await speak_for(conn, SYSTEM)
            return await clocks.run(conn, (self.now + timedelta(hours=8)).date(), self.now)


def full_marks(section: str) -> dict[str, str]:
    """The form of one section with the best answers."""
    form: dict[str, str] = {}
    for item in default_rubric().at(Stage.ADMISSION):
        if item.chapter == section:
            form |= best(item)
    return form


def best(item: Item) -> dict[str, str]:
    """The inputs of an item that earn its full marks: names and what is typed."""
    rule = item.clause.rule
    values: dict[str, str] = {}
    for variable in item.variables:
        match variable.kind:
            case Kind.YES_NO:
                values[variable.key] = "yes"
            case Kind.CHOICE:
                values[variable.key] = variable.choices[0].key
            case _:
                values[variable.key] = "10"
    match rule:
        case Deduction():
            values[rule.variable] = "0"
        case Tiered() if rule.variable in values:
            top = max(rule.tiers, key=lambda tier: tier.points)
            if top.choice is not None:
                values[rule.variable] = top.choice
            elif top.at is not None:
                values[rule.variable] = str(max(top.at, Decimal(0)))
        case Ratio() | Checklist() | Binary() | Tiered():
            pass
    if "open_hazards" in values:
        values["open_hazards"] = "0"
    return {f"{item.id}.{key}": value for key, value in values.items()}
