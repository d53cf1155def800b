-- Results of the tests ordered at visits: of the person, of the day, and of what was found.
CREATE OR REPLACE VIEW lab_result AS
WITH ordered AS MATERIALIZED (
  SELECT v.n, v.v, v.serial, v.visit_no, v.visit_time, v.psn_name, v.gend, v.sex, v.brdy, v.certno, v.code, v.kind FROM visit AS v WHERE chance(v.v, 401) < v.lab
), measured AS (
  SELECT o.*, t.code AS item_code, t.k, t.name, t.unit, t.low, t.high, t.panel,
         round(greatest(t.least, t.mean + t.between_people * bell(o.n, 18000 + t.k) + t.within_person * bell(o.v, 410 + t.k) + coalesce(s.shift, 0)), t.decimals) AS value
  FROM ordered AS o JOIN panel_slot AS p ON p.kind = o.kind AND p.slot = slot(o.v, 402, 100)
  JOIN test AS t ON t.panel = p.panel AND t.sex = o.sex LEFT JOIN shift AS s ON s.condition = o.code AND s.code = t.code
)
SELECT 'L' || substr(visit_no, 2) || '-' || k AS result_no, institution_code(serial) AS fixmedins_code, 'L' || substr(visit_no, 2) AS report_no, visit_no, psn_name, gend, brdy,
       '01' AS patn_cert_type, certno, CASE panel WHEN '58410-2' THEN '全血' ELSE '血清' END AS specimen, item_code, name AS item_name, value AS result_value, unit AS result_unit, low AS ref_low, high AS ref_high,
       CASE WHEN value > high THEN 'H' WHEN value < low THEN 'L' ELSE 'N' END AS abnormal, CASE WHEN serial < 100 THEN '1' ELSE '0' END AS hr_flag,
       visit_time + INTERVAL 12 MINUTE AS collected_at, visit_time + to_minutes(40 + slot(v, 403, 120)) AS reported_at, doctor_code(serial, v, 404) AS dr_code
FROM measured ORDER BY visit_time, result_no;
