-- name: add
-- A dated record; a certificate that was issued anew is a new row.
insert into person_category (person_id, certified_on, categories_cipher, certificate_cipher, certificate_index)
values ($1, $2, $3, $4, $5)
on conflict (person_id, certified_on) do update set categories_cipher = excluded.categories_cipher,
  certificate_cipher = excluded.certificate_cipher, certificate_index = excluded.certificate_index;

-- name: of_person
-- Newest first.
select certified_on, categories_cipher, certificate_cipher from person_category where person_id = $1 order by certified_on desc;
