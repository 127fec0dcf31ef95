"""An employer, an order and people with sealed profiles: what the tests of the matching thread share."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from accreditation.credit_code import check_sign
from matching.engine.vocabulary import DIMENSIONS
from services.profiles import Profile, capacity_bytes, pack
from services.sealing import profile_seal
from tests.conftest import NOW, Place
from tests.services.web import OWN_COUNTY, PROVINCE, add

TODAY = NOW.date()
CREDIT_CODE = (body := "91410122MA0000001") + check_sign(body)
SEWING = "6-05-01-03"
ABLE = {dimension.key: 4 for dimension in DIMENSIONS}


@dataclass(slots=True)
class Market:
    """Who and what there is; ids."""

    place: Place
    employer: int = 0
    boss: int = 0
    county: int = 0
    province: int = 0
    people: list[int] = field(default_factory=list)

    async def order(self, seats: int = 2, **changes: Any) -> int:
        """An open sewing order whose pedal is essential."""
        row = {
            "number": f"T{seats}-{await self.place.owner.fetchval('select count(*) from job_order')}",
            "employer_id": self.employer,
            "county": OWN_COUNTY,
            "title": "电动缝纫工",
            "trade": "缝纫工",
            "occupation_code": SEWING,
            "seats": seats,
            "work_type": "on_site",
            "wage_min": 3000,
            "wage_max": 4000,
            "wage_basis": "month",
            "contract_months": 12,
            "insurance": ["养老", "医疗", "失业", "工伤", "生育"],
            "dorm": "yes",
            "shift": "day",
            "starts_on": TODAY + timedelta(days=40),
            "deadline": TODAY + timedelta(days=30),
            "state": "open",
            "simulated": True,
            "created_at": NOW,
        }
        order = int(await add(self.place, "job_order", **(row | changes)))
        await self.place.owner.execute(
            "insert into order_demand values ($1, 'foot_control', 3, true, '脚踏板控制启停')", order
        )
        return order

    async def person(self, profile: Profile | None = None, *, name: str = "王小明") -> int:
        """A person of the county; able to do everything unless told otherwise."""
        owner, keys = self.place.owner, self.place.keys
        person = int(await owner.fetchval("select nextval(pg_get_serial_sequence('person', 'id'))"))
        pseudonym = 500_000 + person
        await owner.execute(
            "insert into person (id, pseudonym, county, name_cipher, registered_by, registered_at, simulated)"
            " overriding system value values ($1, $2, $3, $4, 'staff', $5, true)",
            person,
            pseudonym,
            OWN_COUNTY,
            keys.seal(name, f"person.name.{person}"),
            NOW,
        )
        await owner.execute(
            "insert into consent values ($1, 'matching', '1', $2, null, 'staff'),"
            " ($1, 'show_to_employer', '1', $2, null, 'staff')",
            person,
            NOW,
        )
        found = profile or Profile(cap=capacity_bytes(ABLE), skills=[(SEWING, 2, "2026-01-01")])
        seal = profile_seal(self.place.settings.matcher_key)
        await owner.execute(
            "insert into matching_profile values ($1, $2, $3, '1', $4, $5, $4, true, $6)",
            pseudonym,
            OWN_COUNTY,
            seal.seal(pack(found), f"profile.{pseudonym}"),
            TODAY,
            date(2000, 1, 1),
            NOW,
        )
        await owner.execute(
            "insert into person_category values ($1, $2, $3, 'sealed', $4)",
            person,
            date(2020, 1, 1),
            keys.seal('["4"]', f"person_category.categories.{person}"),
            str(person).encode(),
        )
        self.people.append(person)
        return person


async def market(place: Place) -> Market:
    """A verified employer with its user, and staff of the county and the province."""
    made = Market(place)
    made.employer = await add(
        place,
        "employer",
        name="中牟服装厂",
        credit_code=CREDIT_CODE,
        county=OWN_COUNTY,
        verified_at=NOW,
        simulated=True,
        created_at=NOW,
    )
    made.boss = await place.user("厂长", role="employer", employer=made.employer)
    made.county = await place.user("县残联", role="county_staff", area=OWN_COUNTY)
    made.province = await place.user("省残联", role="province_staff", area=PROVINCE)
    return made
