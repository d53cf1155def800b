-- People who move in, one household each, year by year.
INSERT INTO person
WITH arriving AS (
  SELECT 1000000000 + y * 1000000 + i AS n, y
  FROM range(getvariable('first_year'), getvariable('last_year') + 1) AS r(y),
       range(CAST(round(getvariable('residents') * rate('moved_in') / 1000) AS BIGINT)) AS s(i)
)
SELECT n, n, 0, t.code, t.name, t.village_serials[1 + slot(n, 31, len(t.village_serials))], t.township_serials[1 + slot(n, 32, len(t.township_serials))],
       1 + slot(n, 39, 2), make_date(y, 1, 1) + slot(n, 40, 365) - CAST(floor((18 + chance(n, 41) * 45) * 365.2425) AS INTEGER),
       make_date(y, 1, 1) + slot(n, 40, 365), NULL, 0
FROM arriving JOIN town_slot AS t ON t.slot = slot(n, 35, 1000);
DELETE FROM person WHERE moved_in < getvariable('first_day');
