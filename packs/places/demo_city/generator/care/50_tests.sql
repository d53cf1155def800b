-- Panels that are ordered, and the tests in them with what a condition does to each.
CREATE OR REPLACE TABLE panel_slot AS
WITH share AS (SELECT *, sum(weight) OVER (PARTITION BY kind ORDER BY panel) / sum(weight) OVER (PARTITION BY kind) AS upto,
  (sum(weight) OVER (PARTITION BY kind ORDER BY panel) - weight) / sum(weight) OVER (PARTITION BY kind) AS above FROM lab_orders)
SELECT kind, CAST(i AS INTEGER) AS slot, panel FROM share, range(100) AS r(i) WHERE i >= above * 100 AND i < upto * 100;
CREATE OR REPLACE TABLE test AS
SELECT row_number() OVER (ORDER BY code) AS k, code, name, unit, decimals, panel, floor AS least, between AS between_people, within AS within_person,
       CASE s.sex WHEN 1 THEN mean_male ELSE mean_female END AS mean, CASE s.sex WHEN 1 THEN low_male ELSE low_female END AS low,
       CASE s.sex WHEN 1 THEN high_male ELSE high_female END AS high, s.sex
FROM tests, range(1, 3) AS s(sex) WHERE panel IN (SELECT panel FROM lab_orders) AND within > 0;
CREATE OR REPLACE TABLE shift AS SELECT condition, test AS code, shift * (1 - relief) AS shift FROM effects;
