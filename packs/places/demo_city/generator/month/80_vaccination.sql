-- Doses of the national schedule that fall into the month, a few days after they are due.
CREATE OR REPLACE VIEW vaccination AS
WITH scheduled AS (SELECT row_number() OVER (ORDER BY month, code, dose) AS k, * FROM vaccines WHERE programme = 'national'),
due AS (
  SELECT r.*, s.k, s.code, s.name, s.dose, s.month AS at_month,
         CASE WHEN s.month = 0 THEN r.brdy ELSE CAST(r.brdy + to_months(s.month) AS DATE) + slot(r.n, 19000 + s.k, 12) + CASE WHEN chance(r.n, 19100) < 0.08 THEN 40 ELSE 0 END END AS day
  FROM resident AS r, scheduled AS s WHERE r.brdy >= getvariable('month_first') - 2500 AND r.brdy < getvariable('month_next')
)
SELECT 'I' || printf('%x', n) || '-' || k AS dose_no, institution_code(CASE WHEN birth_serial > 0 AND at_month = 0 THEN birth_serial ELSE township_serial END) AS fixmedins_code, psn_name, gend, brdy,
       '01' AS patn_cert_type, certno, town AS township, code AS vaccine_code, name AS vaccine_name, dose AS dose_seq, '1' AS programme,
       code || strftime(date_trunc('quarter', day), '%Y%m') || lpad(CAST(slot(k, 19300 + month(day), 90) AS VARCHAR), 2, '0') AS batch_no,
       CAST(day AS TIMESTAMP) + to_minutes(510 + slot(n, 19400 + k, 420)) AS given_at, CASE WHEN chance(n, 19500 + k) < 0.0006 THEN '1' ELSE '0' END AS reaction_flag
FROM due
WHERE day >= greatest(getvariable('from_day'), getvariable('month_first')) AND day < least(getvariable('to_day'), getvariable('month_next')) AND day >= since AND day < till
  AND chance(n, 19600) < rate('vaccinated') AND chance(n, 19700 + k) >= rate('dose_missed')
ORDER BY given_at, dose_no;
