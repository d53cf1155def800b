-- As institutions report them.
CREATE OR REPLACE VIEW outpatient_visit AS
SELECT visit_no, institution_code(serial) AS fixmedins_code, visit_time, visit_type, psn_name, gend, brdy, '01' AS patn_cert_type, certno, town AS township,
       CASE visit_type WHEN '2' THEN '急诊科' WHEN '3' THEN '发热门诊' ELSE CASE WHEN tier = 'hospital' THEN department ELSE '全科' END END AS dept_name, dr_code, code AS diag_code, name AS diag_name,
       fee + CASE WHEN prescribed THEN amount ELSE 0 END AS medfee_sumamt,
       CAST(round((fee + CASE WHEN prescribed THEN amount ELSE 0 END) * fund, 2) AS DECIMAL(18, 2)) AS fund_pay_sumamt
FROM visit;
-- Prescriptions of these visits.
CREATE OR REPLACE VIEW prescription AS
SELECT 'R' || substr(visit_no, 2) AS rx_no, institution_code(serial) AS fixmedins_code, visit_no, visit_time + INTERVAL 9 MINUTE AS rx_time, rx_type, psn_name, gend, brdy, certno,
       code AS diag_code, CASE visit_type WHEN '2' THEN '急诊科' WHEN '3' THEN '发热门诊' ELSE CASE WHEN tier = 'hospital' THEN department ELSE '全科' END END AS dept_name, dr_code,
       'HY' || substr(dr_code, 2) AS phar_code, amount, getvariable('regimens')[regimen] AS rx_drug
FROM visit WHERE prescribed;
