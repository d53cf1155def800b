-- Family-doctor contracts signed in the month, each for a year; those in force on the first day come with the first month.
CREATE OR REPLACE VIEW contract AS
WITH asked AS (
  SELECT r.*, s.y, age_at(r.brdy, make_date(s.y, 12, 31)) AS age, k.chronic,
         make_date(s.y, 1, 1) + CAST(floor(330 * chance(r.n, 24001) * chance(r.n, 24002 + s.y)) AS INTEGER) AS day
  FROM resident AS r CROSS JOIN range(year(getvariable('month_first')) - 1, year(getvariable('month_first')) + 1) AS s(y)
  LEFT JOIN known_ill AS k ON k.n = r.n AND k.y = greatest(s.y, getvariable('first_year'))
), grouped AS (
  SELECT *, CASE WHEN age >= 65 THEN '1' WHEN age < 7 THEN '3' WHEN list_contains(chronic, 'I10.x00x002') THEN '5' WHEN list_contains(chronic, 'E11.900') THEN '6' WHEN list_contains(chronic, 'J44.900') THEN '7' ELSE '0' END AS key_group
  FROM asked WHERE day < least(getvariable('to_day'), getvariable('month_next')) AND day < till AND day >= coalesce(moved_in, brdy) AND since < least(getvariable('to_day'), getvariable('month_next'))
    AND (day >= greatest(getvariable('from_day'), getvariable('month_first'))
         OR (getvariable('from_day') <= getvariable('first_day') AND getvariable('month_first') <= getvariable('first_day') AND day + 364 >= getvariable('first_day')))
)
SELECT 'A' || y || '-' || printf('%x', n) AS contract_no, institution_code(township_serial) AS fixmedins_code, institution_code(township_serial) || '-' || (1 + village_serial % 5) AS team_code,
       psn_name, gend, brdy, '01' AS patn_cert_type, certno, town AS township, day AS signed, day AS begins, CAST(day + INTERVAL 1 YEAR AS DATE) - 1 AS ends,
       CASE WHEN chance(n, 24500) < 0.82 THEN '基础包' ELSE '个性化包' END AS package, key_group, CASE WHEN chance(n, 24600 + y) < rate('contract_renewed') THEN '1' ELSE '0' END AS renewal_flag,
       CASE WHEN chance(n, 24500) < 0.82 THEN 0 ELSE 120 END AS fee, doctor_code(township_serial, village_serial, 24700) AS dr_code
FROM grouped WHERE chance(n, 24800) < CASE key_group WHEN '0' THEN rate('contracted') ELSE rate('contracted_key') END
ORDER BY signed, contract_no;
