-- Reports of notifiable diseases: most cases, a few hours after the diagnosis.
CREATE OR REPLACE VIEW case_report AS
SELECT 'C' || substr(visit_no, 2) AS card_no, institution_code(serial) AS fixmedins_code, psn_name, gend, brdy, '01' AS patn_cert_type, certno, town AS township,
       CASE WHEN age_at(brdy, day) < 7 THEN '幼托儿童' WHEN age_at(brdy, day) < 18 THEN '学生' WHEN age_at(brdy, day) > 60 THEN '离退人员' ELSE '农民' END AS prfs,
       o.disease AS disease_code, o.name AS disease_name, CASE WHEN chance(v, 501) < 0.4 THEN '3' ELSE '2' END AS case_class, day - slot(v, 502, 3) AS onset_date,
       visit_time AS diag_time, visit_time + to_minutes(20 + slot(v, 503, CASE WHEN chance(v, 504) < 0.95 THEN 900 ELSE 3000 END)) AS report_time, dr_code
FROM visit JOIN notifiable AS o ON o.condition = code WHERE chance(v, 505) < CASE kind WHEN 'outbreak' THEN o.in_outbreak ELSE o.reported END ORDER BY visit_time, card_no;
