-- Cards of chronic patients as they are opened; what was opened before the first day comes with the first month.
CREATE OR REPLACE VIEW chronic_card AS
SELECT 'G' || printf('%x', m.n) || '-' || m.k AS card_no, institution_code(r.township_serial) AS fixmedins_code, r.psn_name, r.gend, r.brdy, '01' AS patn_cert_type, r.certno, r.town AS township,
       m.condition AS disease_code, m.name AS disease_name, m.diagnosed AS diag_date, greatest(m.diagnosed, DATE '2010-01-01') AS registered
FROM managed AS m JOIN resident AS r ON r.n = m.n
WHERE greatest(m.diagnosed, r.since) >= greatest(getvariable('from_day'), getvariable('month_first')) AND greatest(m.diagnosed, r.since) < least(getvariable('to_day'), getvariable('month_next'))
ORDER BY greatest(m.diagnosed, r.since), card_no;
-- Their follow-ups.
CREATE OR REPLACE VIEW chronic_follow_up AS
WITH seen AS (
  SELECT f.*, r.psn_name, r.gend, r.sex, r.brdy, r.certno, r.township_serial, r.village_serial,
         chance(f.n, 22000 + f.k * 40 + f.y - 2000) < CASE f.condition WHEN 'E11.900' THEN rate('glucose_controlled') ELSE rate('blood_pressure_controlled') END AS controlled
  FROM follow_up AS f JOIN resident AS r ON r.n = f.n
  WHERE f.day >= greatest(getvariable('from_day'), getvariable('month_first')) AND f.day < least(getvariable('to_day'), getvariable('month_next'))
), measured AS (
  SELECT *, CAST(round(CASE WHEN condition = 'E11.900' THEN 128 + 9 * bell(v, 23001) WHEN controlled THEN least(138, 129 + 5 * bell(v, 23001)) ELSE greatest(141, 151 + 8 * bell(v, 23001)) END) AS INTEGER) AS sbp,
         CAST(round(CASE WHEN condition = 'E11.900' THEN 79 + 6 * bell(v, 23002) WHEN controlled THEN least(88, 80 + 4 * bell(v, 23002)) ELSE 91 + 6 * bell(v, 23002) END) AS INTEGER) AS dbp,
         CASE WHEN condition = 'E11.900' THEN round(CASE WHEN controlled THEN least(6.9, greatest(4.2, 6.2 + 0.5 * bell(v, 23003))) ELSE least(16.0, greatest(7.1, 8.6 + 1.1 * bell(v, 23003))) END, 1) END AS fpg
  FROM seen
)
SELECT 'U' || printf('%x', n) || '-' || k || '-' || (y - 2000) || q AS follow_no, institution_code(CASE WHEN chance(v, 23004) < 0.55 THEN village_serial ELSE township_serial END) AS fixmedins_code,
       'G' || printf('%x', n) || '-' || k AS card_no, psn_name, gend, brdy, '01' AS patn_cert_type, certno, condition AS disease_code,
       CAST(day AS TIMESTAMP) + to_minutes(480 + slot(v, 23005, 540)) AS followed_at, CASE WHEN chance(v, 23006) < 0.72 THEN '1' ELSE '2' END AS way, sbp, dbp,
       CAST(round(75 + 8 * bell(v, 23007)) AS INTEGER) AS heart_rate, round(CASE sex WHEN 1 THEN 64 ELSE 56 END + 8 * bell(n, 23008) + bell(v, 23009), 1) AS weight,
       round(CASE sex WHEN 1 THEN 166 ELSE 155 END + 5 * bell(n, 23010), 1) AS height, fpg, CASE WHEN sex = 1 AND chance(n, 23011) < 0.42 THEN 5 + slot(n, 23012, 20) ELSE 0 END AS smoking,
       CASE WHEN controlled OR chance(v, 23013) < 0.5 THEN '1' ELSE '2' END AS adherence, CASE WHEN chance(v, 23014) < 0.015 THEN '1' ELSE '0' END AS adr_flag,
       CASE WHEN chance(v, 23014) < 0.015 THEN '3' WHEN CASE condition WHEN 'E11.900' THEN fpg < 7.0 ELSE sbp < 140 AND dbp < 90 OR (age_at(brdy, day) >= 65 AND sbp < 150 AND dbp < 90) END THEN '1' ELSE '2' END AS result_class,
       '0' AS referral_flag, day + 90 AS next_date, doctor_code(township_serial, v, 23015) AS dr_code
FROM measured ORDER BY followed_at, follow_no;
