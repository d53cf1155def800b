-- Stays in hospital that end in the month; each lies within it, but for births and for those who die.
CREATE OR REPLACE TABLE stay AS
WITH due AS (
  SELECT r.n, r.sex, r.brdy, r.since, r.till, r.township_serial, drawn(r.n, 40000 + getvariable('month')) AS v, age_at(r.brdy, getvariable('month_first')) AS age
  FROM resident AS r JOIN visit_rate AS x ON x.age = age_at(r.brdy, getvariable('month_first')) JOIN months AS m ON m.month = month(getvariable('month_first'))
  WHERE r.since <= getvariable('month_first') AND r.till >= getvariable('month_next') AND age_at(r.brdy, getvariable('month_first')) >= 0
    AND chance(r.n, 41000 + getvariable('month')) < x.admissions * r.frailty * m.admissions * rate('admissions_scale') / 12000
), free AS (
  SELECT d.* FROM due AS d ANTI JOIN occupied AS o ON o.n = d.n AND o.low < getvariable('month_next') AND o.high > getvariable('month_first')
), usual AS (
  SELECT d.n, d.v, p.*, least(p.days + slot(d.v, 22, 2 * p.spread + 1) - p.spread // 2, 25) AS length, d.township_serial, '' AS outcome
  FROM free AS d JOIN profile_slot AS p ON p.age = d.age AND p.sex = d.sex AND p.slot = slot(d.v, 21, 1000)
  LEFT JOIN known_ill AS k ON k.n = d.n AND k.y = year(getvariable('month_first'))
  WHERE NOT p.chronic OR list_contains(k.chronic, p.dx)
), dated AS (
  SELECT * EXCLUDE (length), greatest(1, length) AS length,
         getvariable('month_first') + slot(v, 23, CAST(getvariable('month_next') - getvariable('month_first') AS INTEGER) - greatest(1, length)) AS adm
  FROM usual
), births AS (
  SELECT b.mother AS n, drawn(b.mother, 42000 + b.y) AS v, chance(b.mother, 43000 + b.y) < rate('caesarean') AS section, b.day, b.township_serial
  FROM birth AS b WHERE b.day BETWEEN getvariable('month_first') - 10 AND getvariable('month_next')
), deaths AS (
  SELECT r.n, drawn(r.n, 44000) AS v, p.*, r.township_serial, r.death,
         least(2 + slot(drawn(r.n, 44000), 24, 9), CAST(r.death - greatest(r.since, r.brdy) AS INTEGER)) AS length
  FROM resident AS r JOIN profile_slot AS p ON p.age = greatest(1, age_at(r.brdy, r.death)) AND p.sex = r.sex AND p.slot = slot(r.n, 45000, 1000)
  LEFT JOIN known_ill AS k ON k.n = r.n AND k.y = year(getvariable('month_first'))
  WHERE (NOT p.chronic OR list_contains(k.chronic, p.dx)) AND r.death >= getvariable('month_first') AND r.death < getvariable('month_next') AND chance(r.n, 46000) < rate('dies_in_hospital')
)
SELECT * FROM (
  SELECT n, v, dx, dx_name, department, op, op_name, op_lv, drug_code, drug_name, drug_price, adm, adm + length AS dscg, length, outcome, CAST(profile AS VARCHAR) AS profile,
         CASE WHEN chance(v, 25) < hospital THEN h.hospitals[1 + slot(v, 26, len(h.hospitals))] ELSE township_serial END AS serial
  FROM dated JOIN department_hospital AS h USING (department)
  UNION ALL
  SELECT n, v, CASE WHEN section THEN 'O82.900' ELSE 'O80.900' END, CASE WHEN section THEN '经剖宫产术分娩' ELSE '单胎顺产' END, '产科',
         CASE WHEN section THEN '74.1x01' ELSE '73.5900' END, CASE WHEN section THEN '剖宫产术，子宫下段横切口' ELSE '其他手法助产' END, CASE WHEN section THEN 3 ELSE 2 END,
         m.code, m.name, q.price, day - 1, day + CASE WHEN section THEN 5 ELSE 3 END, CASE WHEN section THEN 6 ELSE 4 END, 'birth', 'birth',
         getvariable('obstetric')[1 + slot(n, 43, len(getvariable('obstetric')))]
  FROM births, medicines AS m, prices AS q WHERE m.key = 'ferrous' AND q.medicine = 'ferrous'
  UNION ALL
  SELECT n, v, dx, dx_name, department, op, op_name, op_lv, drug_code, drug_name, drug_price, death - length, death, length, 'died', CAST(profile AS VARCHAR),
         h.hospitals[1 + slot(v, 26, len(h.hospitals))]
  FROM deaths JOIN department_hospital AS h USING (department) WHERE length > 0
) WHERE dscg >= greatest(getvariable('month_first'), getvariable('from_day')) AND dscg < least(getvariable('month_next'), getvariable('to_day')) AND adm >= getvariable('first_day');
INSERT INTO stay_log SELECT n, serial, adm, dscg, length FROM stay;
