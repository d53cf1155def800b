-- Referrals: up from primary visits of older people, down from hospitals at discharge.
CREATE OR REPLACE VIEW referral AS
WITH sent AS (
  SELECT v.n, v.v, v.serial, '1' AS direction, v.visit_time + INTERVAL 20 MINUTE AS asked, v.psn_name, v.gend, v.brdy, v.certno, v.code, v.name,
         h.hospitals[1 + slot(v.v, 601, len(h.hospitals))] AS receiver
  FROM visit AS v JOIN department_hospital AS h ON h.department = v.department WHERE v.tier IN ('village', 'township') AND age_at(v.brdy, v.day) >= 45 AND chance(v.v, 602) < rate('referrals_up')
  UNION ALL
  SELECT s.n, s.v, s.serial, '2', CAST(s.dscg AS TIMESTAMP) + INTERVAL 11 HOUR, r.psn_name, r.gend, r.brdy, r.certno, s.dx, s.dx_name, r.township_serial
  FROM stay AS s JOIN resident AS r ON r.n = s.n WHERE s.serial < 100 AND s.outcome = '' AND chance(s.v, 603) < rate('referrals_down')
)
SELECT 'Z' || printf('%x', n) || '-' || printf('%x', v) AS referral_no, institution_code(serial) AS fixmedins_code, institution_code(receiver) AS to_medins_code, direction, psn_name, gend, brdy,
       '01' AS patn_cert_type, certno, code AS diag_code, name AS diag_name, CASE direction WHEN '1' THEN '超出本机构诊疗能力' ELSE '病情稳定，转回基层随访' END AS reason,
       CASE WHEN direction = '1' AND chance(v, 604) < 0.08 THEN '1' ELSE '0' END AS urgent_flag, asked AS referred_at, asked + to_minutes(10 + slot(v, 605, 300)) AS decided_at,
       CASE WHEN chance(v, 606) < rate('referral_accepted') THEN '1' ELSE '2' END AS decision,
       CASE WHEN chance(v, 606) < rate('referral_accepted') AND chance(v, 607) < 0.93 THEN asked + to_hours(4 + slot(v, 608, 60)) END AS arrived_at, doctor_code(serial, v, 609) AS dr_code
FROM sent WHERE receiver IS NOT NULL ORDER BY asked, referral_no;
