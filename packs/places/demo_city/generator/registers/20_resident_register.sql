-- The register of residents, as known on the last day: whoever came, died or left since the first day asked for.
CREATE OR REPLACE VIEW resident_register AS
SELECT printf('%x', n) AS record_no, institution_code(township_serial) AS fixmedins_code,
       greatest(brdy, coalesce(moved_in, DATE '2010-01-01' + slot(n, 71, 3650))) AS created,
       CAST(CASE WHEN till < getvariable('to_day') THEN till ELSE since END AS TIMESTAMP) + INTERVAL 20 HOUR AS updated,
       psn_name, gend, brdy, '01' AS patn_cert_type, certno, naty, CASE WHEN age_at(brdy, since) < 23 THEN '10' ELSE '20' END AS mrg_stas, blood_abo, hi_type,
       town AS township, town_name AS township_name, p.village,
       'J' || printf('%x', household) AS household_no, CASE WHEN relation = 2 AND sex = 2 THEN '3' ELSE CAST(relation AS VARCHAR) END AS relation,
       CASE WHEN birth_serial > 0 THEN institution_code(birth_serial) END AS birth_medins_code, moved_in,
       CASE WHEN moved_out < getvariable('to_day') THEN moved_out END AS moved_out, CASE WHEN death < getvariable('to_day') THEN death END AS death_date,
       CASE WHEN death < getvariable('to_day') THEN cause END AS death_cause
FROM resident AS r LEFT JOIN (SELECT serial, village FROM place) AS p ON p.serial = r.village_serial
WHERE since < getvariable('to_day')
  AND (getvariable('from_day') <= getvariable('first_day') OR since >= getvariable('from_day') OR (till >= getvariable('from_day') AND till < getvariable('to_day')))
ORDER BY n;
