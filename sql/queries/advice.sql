-- name: newest_run
select max(id) from match_run;

-- name: taken
-- Seats of open orders that somebody holds already, as the matcher may know them: not by whom.
select id, taken from job_order where state = 'open' and taken > 0;

-- name: asked_of
-- Who is behind these pseudonyms, of those in the areas of the asker. $1 pseudonyms.
select p.pseudonym, p.id, d.name as county
from person p join division d on d.code = p.county where p.pseudonym = any ($1::bigint[]);

-- name: places
-- The names of counties, of those below the areas of the asker. $1 codes.
select d.code, d.name from division d
where d.code = any ($1::text[])
  and d.code in (select code from division_ancestor where ancestor = any (yupei_areas()));
