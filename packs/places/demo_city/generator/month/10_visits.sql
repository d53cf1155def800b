-- The visits of a month: who comes, why, when, to whom.
SET VARIABLE days = (
  SELECT list(day ORDER BY day, j) FROM (SELECT getvariable('month_first') + CAST(i AS INTEGER) AS day FROM range(32) AS r(i)) AS d
  JOIN weekdays AS w ON w.weekday = isodow(d.day), range(w.weight) AS s(j) WHERE d.day < getvariable('month_next')
);
SET VARIABLE hours_of_day = (SELECT list(hour ORDER BY hour, j) FROM hours, range(weight) AS s(j));
CREATE OR REPLACE TABLE visit AS
WITH due AS (
  SELECT r.n, r.psn_name, r.gend, r.sex, r.brdy, r.certno, r.town, r.village_serial, r.township_serial, r.since, r.till, v.grp, k.chronic,
         CAST(floor(r.frailty * v.visits * rate('visits_scale') / 12 * m.visits + chance(r.n, 20000 + getvariable('month'))) AS INTEGER) AS visits
  FROM resident AS r
  JOIN visit_rate AS v ON v.age = greatest(0, age_at(r.brdy, getvariable('month_first')))
  JOIN months AS m ON m.month = month(getvariable('month_first'))
  LEFT JOIN known_ill AS k ON k.n = r.n AND k.y = year(getvariable('month_first'))
  WHERE r.since < getvariable('month_next') AND r.till > getvariable('month_first')
), each AS (
  SELECT * EXCLUDE (visits), drawn(n, 100000 + getvariable('month') * 64 + unnest(range(visits))) AS v FROM due WHERE visits > 0
), reasoned AS (
  SELECT e.* EXCLUDE (chronic, grp), grp, getvariable('days')[1 + slot(v, 1, len(getvariable('days')))] AS day,
         CASE WHEN chronic IS NOT NULL AND chance(v, 2) < 0.5 THEN chronic[1 + slot(v, 3, len(chronic))] END AS chronic_code, slot(v, 4, 4000) AS slot
  FROM each AS e
), coded AS (
  SELECT r.*, coalesce(x.code, c.condition) AS code, coalesce(x.name, c.name) AS name, coalesce(x.department, c.department) AS department,
         CASE WHEN x.code IS NULL THEN 'acute' ELSE 'chronic' END AS kind
  FROM (SELECT * FROM reasoned WHERE day >= since AND day < till AND day >= getvariable('from_day') AND day < getvariable('to_day')) AS r
  JOIN (SELECT * FROM complaint_slot WHERE month = month(getvariable('month_first'))) AS c ON c.grp = r.grp AND c.slot = r.slot
  LEFT JOIN conditions AS x ON x.code = r.chronic_code
  UNION ALL
  SELECT r.n, r.psn_name, r.gend, r.sex, r.brdy, r.certno, r.town, r.village_serial, r.township_serial, r.since, r.till, drawn(o.n, 65000 + o.y * 16 + o.outbreak),
         '', o.day, NULL, 0, o.condition, o.name, o.department, 'outbreak'
  FROM outbreak_case AS o JOIN resident AS r ON r.n = o.n WHERE o.day >= getvariable('from_day') AND o.day < getvariable('to_day')
), placed AS (
  SELECT c.* EXCLUDE (since, till, grp, chronic_code, slot), t.tier,
         CASE t.tier WHEN 'village' THEN village_serial WHEN 'township' THEN township_serial
                     WHEN 'clinic' THEN getvariable('clinics')[1 + slot(v, 6, len(getvariable('clinics')))]
                     ELSE h.hospitals[1 + slot(v, 6, len(h.hospitals))] END AS serial
  FROM coded AS c JOIN department_hospital AS h ON h.department = c.department JOIN tier_slot AS t ON t.kind = c.kind AND t.slot = slot(v, 5, 1000)
)
SELECT p.*, CAST(p.day AS TIMESTAMP) + to_seconds(getvariable('hours_of_day')[1 + slot(v, 7, len(getvariable('hours_of_day')))] * 3600 + slot(v, 8, 3600)) AS visit_time,
       'V' || strftime(p.day, '%y%m%d') || '-' || printf('%x', p.n) || '-' || printf('%x', v) AS visit_no,
       CASE WHEN p.tier = 'hospital' AND chance(v, 9) < 0.10 THEN '2' WHEN p.tier = 'hospital' AND code = 'J11.100x001' THEN '3' ELSE '1' END AS visit_type,
       doctor_code(serial, v, 10) AS dr_code, g.regimen, g.amount, g.rx_type, g.antibiotic, k.fund, k.lab,
       CASE WHEN g.amount IS NOT NULL AND chance(v, 11) < k.rx THEN true ELSE false END AS prescribed,
       CAST(k.low + k.span * chance(v, 12) * chance(v, 13) AS DECIMAL(18, 2)) AS fee
FROM placed AS p JOIN costs AS k ON k.tier = p.tier LEFT JOIN regimen AS g ON g.condition = p.code AND g.slot = slot(v, 14, 100)
ORDER BY visit_time, visit_no;
