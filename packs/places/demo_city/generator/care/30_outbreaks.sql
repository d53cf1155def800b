-- Outbreaks: every year the same diseases in the same season, in another town; cases rise and fall.
CREATE OR REPLACE TABLE outbreak AS
SELECT o.*, y, make_date(y, o.month, o.day) AS starts, (SELECT list(code ORDER BY code) FROM towns)[1 + slot(y * 100 + o.outbreak, 61, 20)] AS town
FROM outbreaks AS o, range(getvariable('first_year'), getvariable('last_year') + 1) AS r(y);
CREATE OR REPLACE TABLE outbreak_case AS
SELECT r.n, o.outbreak, o.y, o.condition, c.name, c.department,
       o.starts + CAST(floor((chance(r.n, 62000 + o.y * 16 + o.outbreak) + chance(r.n, 63000 + o.y * 16 + o.outbreak)) / 2 * o.days) AS INTEGER) AS day
FROM outbreak AS o JOIN resident AS r ON r.town = o.town JOIN conditions AS c ON c.code = o.condition
WHERE age_at(r.brdy, o.starts) BETWEEN o.age_low AND o.age_high AND r.brdy < o.starts AND chance(r.n, 64000 + o.y * 16 + o.outbreak) < o.attack;
DELETE FROM outbreak_case WHERE EXISTS (SELECT 1 FROM resident AS r WHERE r.n = outbreak_case.n AND NOT (day >= r.since AND day < r.till));
