-- Who of the chronic patients is looked after, and how well in each year: towns differ.
CREATE OR REPLACE TABLE managed AS
SELECT i.n, i.condition, i.name, i.k, i.since AS diagnosed, m.standard, m.spread, m.followed, m.least
FROM ill AS i JOIN disease_management AS m ON m.disease = i.condition
WHERE i.known;
CREATE OR REPLACE TABLE management AS
SELECT m.n, m.condition, m.k, y, r.town,
       least(0.95, greatest(0.05, m.standard + m.spread * (chance(CAST(right(r.town, 3) AS INTEGER), 21200 + m.k) - 0.5))) AS town_rate,
       chance(m.n, 21300 + m.k * 40 + y - 2000) < least(0.95, greatest(0.05, m.standard + m.spread * (chance(CAST(right(r.town, 3) AS INTEGER), 21200 + m.k) - 0.5))) AS to_the_standard,
       m.least, m.diagnosed
FROM managed AS m JOIN resident AS r ON r.n = m.n, range(getvariable('first_year'), getvariable('last_year') + 1) AS s(y)
WHERE m.followed = 1;
-- The days of follow-up of a year: one in each quarter where it is done to the standard, one or two elsewhere.
CREATE OR REPLACE TABLE follow_up AS
WITH planned AS (
  SELECT g.*, q, make_date(y, 3 * CAST(q AS INTEGER) + 1, 1) + slot(n, 21400 + k * 400 + (y - 2000) * 8 + q, 85) AS day
  FROM management AS g, range(4) AS r(q)
  WHERE to_the_standard OR q < slot(n, 21500 + k * 40 + y - 2000, least)
)
SELECT p.*, drawn(p.n, 21600 + k * 400 + (y - 2000) * 8 + q) AS v FROM planned AS p JOIN resident AS r ON r.n = p.n
WHERE p.day >= greatest(p.diagnosed, r.since) AND p.day < r.till;
