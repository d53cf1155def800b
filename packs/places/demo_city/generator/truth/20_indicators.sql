-- What indicators of the year come to, counted from how the city was made and not from what is sent.
CREATE OR REPLACE TABLE whole_year AS
SELECT CAST(y AS INTEGER) AS y FROM range(year(getvariable('first_day')), year(getvariable('until')) + 1) AS r(y)
WHERE make_date(y, 1, 1) >= getvariable('first_day') AND make_date(y, 12, 31) <= getvariable('until');
CREATE OR REPLACE VIEW truth_indicator AS
WITH there AS (SELECT * REPLACE (CASE WHEN death < getvariable('after') THEN death END AS death) FROM resident WHERE since < getvariable('after')),
measured AS (
  SELECT DISTINCT n, day, 'I10.x00x002' AS condition FROM follow_up WHERE day < getvariable('after')
  UNION ALL SELECT DISTINCT n, day, condition FROM follow_up WHERE condition = 'E11.900' AND day < getvariable('after')
), managed_in AS (
  SELECT m.condition, w.y, m.n, count(f.day) >= any_value(m.least) AS enough
  FROM managed AS m JOIN there AS r ON r.n = m.n JOIN whole_year AS w ON m.diagnosed < make_date(w.y, 1, 1) AND (r.death IS NULL OR r.death > make_date(w.y, 12, 31))
  LEFT JOIN measured AS f ON f.n = m.n AND f.condition = m.condition AND year(f.day) = w.y
  WHERE m.followed = 1 GROUP BY m.condition, w.y, m.n
), child AS (
  SELECT n, brdy, CAST(brdy + INTERVAL 2 YEAR AS DATE) AS day FROM there WHERE death IS NULL OR death > brdy + INTERVAL 2 YEAR
), series AS (
  SELECT c.n, c.day, p.series, any_value(p.doses) AS wanted, count(DISTINCT d.day) AS given
  FROM child AS c CROSS JOIN primary_series AS p LEFT JOIN dose AS d ON d.n = c.n AND d.code = p.code AND d.day <= c.day AND d.day < getvariable('after')
  GROUP BY c.n, c.day, p.series
), covered AS (SELECT n, day, bool_and(given >= wanted) AS fully FROM series GROUP BY n, day)
SELECT CASE condition WHEN 'E11.900' THEN 'diabetes_management' ELSE 'hypertension_management' END AS indicator, y AS year,
       CAST(count(*) FILTER (WHERE enough) AS BIGINT) AS numerator, CAST(count(*) AS BIGINT) AS denominator FROM managed_in GROUP BY condition, y
UNION ALL SELECT 'immunization_coverage', w.y, count(*) FILTER (WHERE fully), count(*) FROM covered AS c JOIN whole_year AS w ON w.y = year(c.day) GROUP BY w.y
UNION ALL SELECT 'infant_mortality', w.y, count(*) FILTER (WHERE year(r.death) = w.y AND r.death < r.brdy + INTERVAL 1 YEAR), count(*) FILTER (WHERE year(r.brdy) = w.y) FROM there AS r CROSS JOIN whole_year AS w GROUP BY w.y
UNION ALL SELECT 'under_five_mortality', w.y, count(*) FILTER (WHERE year(r.death) = w.y AND r.death < r.brdy + INTERVAL 5 YEAR), count(*) FILTER (WHERE year(r.brdy) = w.y) FROM there AS r CROSS JOIN whole_year AS w GROUP BY w.y
UNION ALL SELECT 'outpatient_antibiotics', w.y, CAST(sum(with_antibiotic) AS BIGINT), CAST(sum(prescriptions) AS BIGINT) FROM month_log JOIN whole_year AS w ON w.y = year(month) GROUP BY w.y
UNION ALL SELECT 'primary_care_share', w.y, CAST(sum(primary_visits) AS BIGINT), CAST(sum(visits) AS BIGINT) FROM month_log JOIN whole_year AS w ON w.y = year(month) GROUP BY w.y
UNION ALL SELECT 'tertiary_stay', w.y, CAST(sum(greatest(1, length)) AS BIGINT), count(*) FROM stay_log AS s JOIN place AS p ON p.serial = s.serial AND p.hosp_lv = '3' JOIN whole_year AS w ON w.y = year(s.dscg) GROUP BY w.y
UNION ALL SELECT 'readmission_30', w.y, count(*) FILTER (WHERE EXISTS (SELECT 1 FROM stay_log AS o WHERE o.n = s.n AND o.adm >= s.dscg AND o.adm - s.dscg <= 30)), count(*)
FROM stay_log AS s JOIN whole_year AS w ON w.y = year(s.dscg) GROUP BY w.y
ORDER BY indicator, year;
