-- Doses given in the month; what children had before the first day comes with the first month.
CREATE OR REPLACE VIEW vaccination AS
SELECT 'I' || printf('%x', d.n) || '-' || k AS dose_no, institution_code(CASE WHEN birth_serial > 0 AND at_birth THEN birth_serial ELSE township_serial END) AS fixmedins_code, psn_name, gend, brdy,
       '01' AS patn_cert_type, certno, town AS township, code AS vaccine_code, name AS vaccine_name, dose AS dose_seq, '1' AS programme,
       code || strftime(date_trunc('quarter', day), '%Y%m') || lpad(CAST(slot(k, 19300 + month(day), 90) AS VARCHAR), 2, '0') AS batch_no,
       CAST(day AS TIMESTAMP) + to_minutes(510 + slot(d.n, 19400 + k, 420)) AS given_at, CASE WHEN chance(d.n, 19500 + k) < 0.0006 THEN '1' ELSE '0' END AS reaction_flag
FROM dose AS d JOIN resident AS r ON r.n = d.n
WHERE d.day < least(getvariable('to_day'), getvariable('month_next')) AND r.since < least(getvariable('to_day'), getvariable('month_next'))
  AND (d.day >= greatest(getvariable('from_day'), getvariable('month_first')) OR (getvariable('from_day') <= getvariable('first_day') AND getvariable('month_first') <= getvariable('first_day')))
ORDER BY given_at, dose_no;
