"""A small simulated province behind the service, for the journeys: matched, confirmed and served."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from aiohttp import ClientSession
from aiohttp.test_utils import TestServer

from services.app import create_app
from services.demo import Report, furnish, main_job, today_in_henan
from services.settings import Settings
from services.simulator import SMALL
from services.web.middlewares import COOKIE
from tests.conftest import Place
from tests.services.web import a_place, open_session

MOST_ASKED = 40  # of the first people with a reserved seat, about two in three are asked something


@dataclass(frozen=True, slots=True)
class Province:
    """Where the demonstration listens, and its database."""

    url: str
    place: Place
    personas: dict[str, list[int]]  # role -> who plays it

    async def seeker(self) -> int:
        """A new persona, of a person with a reserved seat whose openings ask something.

        Each call takes another person: what one journey answers is no longer open in the next.
        """
        people = await self.place.owner.fetch(
            "select o.person_id from offer o where o.state = 'reserved' and not exists"
            " (select from role_grant g where g.person_id = o.person_id) order by o.person_id"
        )
        for row in people[:MOST_ASKED]:
            user = await self.place.user("求职者", role="job_seeker", person=row["person_id"])
            opened = await open_session(self.place, user, now=datetime.now(UTC))
            async with (
                ClientSession(cookies={COOKIE: opened.token}) as client,
                client.get(f"{self.url}/openings") as answer,
            ):
                asks = 'action="/openings/answers"' in await answer.text()
            if asks:
                await self.place.owner.execute(
                    "update app_user set persona = 'job_seeker' where id = $1", user
                )
                return user
        raise AssertionError("nobody with a reserved seat is asked anything")

    async def checker(self) -> int:
        """The persona of a county's staff who have a new order to check."""
        county = await self.place.owner.fetchval(
            "insert into job_order overriding system value"
            " select (jsonb_populate_record(j, jsonb_build_object("
            "   'id', nextval(pg_get_serial_sequence('job_order', 'id')), 'state', 'submitted',"
            "   'number', 'YP2026' || 900000 + (select count(*) from job_order), 'taken', 0))).*"
            " from job_order j where j.employer_id = 1 order by j.id limit 1 returning county"
        )
        user: int = await self.place.owner.fetchval(
            "update app_user u set persona = 'county_staff' from role_grant g"
            " where g.user_id = u.id and g.role = 'county_staff' and g.area = $1 returning u.id",
            county,
        )
        return user


@asynccontextmanager
async def open_province(template: Settings) -> AsyncIterator[Province]:
    """The province on a free loopback port; its main job has reserved seats."""
    async with a_place(template) as place:
        today = today_in_henan()
        await furnish(place.settings, SMALL.name, Report(SMALL.name), today)
        await main_job(place.settings, Report(SMALL.name), today)
        rows = await place.owner.fetch(
            "select persona, array_agg(id order by id) as users from app_user"
            " where persona is not null group by persona"
        )
        personas = {row["persona"]: row["users"] for row in rows}
        async with TestServer(create_app(place.settings)) as server:
            yield Province(str(server.make_url("/")).rstrip("/"), place, personas)
