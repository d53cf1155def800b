-- The settlement lists of these stays, with what is known of the patients as further diagnoses.
CREATE OR REPLACE TABLE setlinfo AS
WITH further AS (
  SELECT s.n, s.v, list({'diag_type': '1', 'diag_code': i.condition, 'diag_name': i.name, 'adm_cond_type': '1', 'maindiag_flag': '0'} ORDER BY i.k)[1:4] AS more
  FROM stay AS s JOIN ill AS i ON i.n = s.n AND i.known AND i.since < s.adm AND i.condition NOT IN ('H52.100', s.dx)
  WHERE s.outcome <> 'birth' AND NOT (s.dx = 'I50.900' AND i.condition LIKE 'I1%') AND NOT (s.dx LIKE 'J44%' AND i.condition LIKE 'J4%')
    AND NOT (s.dx = 'K80.101' AND i.condition LIKE 'K80%')
  GROUP BY s.n, s.v
), summed AS (
  SELECT s.*, r.* EXCLUDE (n), p.name AS medins_name, l.total, l.feedetail, t.iteminfo,
         CASE r.hi_type WHEN '310' THEN k.fund_employees ELSE k.fund_residents END AS fund_share, k.hosp_lv,
         list_concat([{'diag_type': '1', 'diag_code': s.dx, 'diag_name': s.dx_name, 'adm_cond_type': '1', 'maindiag_flag': '1'}],
                     CASE WHEN s.outcome = 'birth' THEN [{'diag_type': '1', 'diag_code': 'Z37.000', 'diag_name': '单一活产', 'adm_cond_type': '1', 'maindiag_flag': '0'}]
                          WHEN s.dx = 'S72.000' THEN list_concat([{'diag_type': '1', 'diag_code': 'W19.x00', 'diag_name': '跌倒', 'adm_cond_type': '1', 'maindiag_flag': '0'}], coalesce(f.more, []))
                          ELSE coalesce(f.more, []) END) AS diseinfo,
         printf('%x', s.n) || '-' || printf('%x', s.v) AS id
  FROM stay AS s JOIN resident AS r ON r.n = s.n JOIN place AS p ON p.serial = s.serial JOIN hospital_levels AS k ON k.hosp_lv = CAST(p.hosp_lv AS INTEGER)
  JOIN stay_lines AS l ON l.n = s.n AND l.v = s.v JOIN stay_items AS t ON t.n = s.n AND t.v = s.v LEFT JOIN further AS f ON f.n = s.n AND f.v = s.v
), paid AS (
  SELECT *, CAST(round(CAST(total AS DOUBLE) * fund_share, 2) AS DECIMAL(18, 2)) AS fund FROM summed
)
SELECT 'S' || id AS setl_id, 'M' || id AS mdtrt_id, 'P' || printf('%x', n) AS psn_no, institution_code(serial) AS fixmedins_code, medins_name AS fixmedins_name,
       CAST(hosp_lv AS VARCHAR) AS hi_setl_lv, 'B' || id AS medcasno, CAST(dscg AS TIMESTAMP) + INTERVAL 19 HOUR AS dcla_time,
       psn_name, gend, brdy, age_at(brdy, adm) AS age, naty, '01' AS patn_cert_type, certno, CASE WHEN age_at(brdy, adm) < 22 THEN '10' ELSE '20' END AS mrg_stas, hi_type,
       getvariable('division') AS insuplc, '1' AS ipt_med_type, CASE WHEN chance(v, 28) < 0.25 THEN '1' ELSE '2' END AS adm_way, '1' AS trt_type,
       CAST(adm AS TIMESTAMP) + INTERVAL 570 MINUTE AS adm_time, '03' AS adm_caty, CAST(dscg AS TIMESTAMP) + INTERVAL 15 HOUR AS dscg_time, '03' AS dscg_caty, length AS act_ipt_days,
       len(diseinfo) AS diag_code_cnt, CASE WHEN op IS NULL THEN 0 ELSE 1 END AS oprn_oprt_code_cnt, length AS scd_nurscare_days,
       CASE WHEN outcome = 'died' THEN '5' WHEN chance(v, 29) < 0.955 THEN '1' ELSE '4' END AS dscg_way, '1' AS days_rinp_flag_31,
       doctor_code(serial, v, 27) AS chfpdr_code, getvariable('division') || '26' AS bill_code, printf('%x', n) || printf('%x', v) AS bill_no, adm AS setl_begn_date, dscg AS setl_end_date,
       total AS medfee_sumamt, fund AS fund_pay_sumamt, total - fund AS psn_part_amt, 0 AS acct_pay, total - fund AS psn_cashpay, '3' AS hi_paymtd,
       diseinfo,
       CASE WHEN op IS NULL THEN [] ELSE [{'oprn_oprt_type': '1', 'oprn_oprt_code': op, 'oprn_oprt_name': op_name, 'oprn_oprt_date': adm + CAST(least(1, length - 1) AS INTEGER),
         'oprn_oprt_begntime': CAST(adm + CAST(least(1, length - 1) AS INTEGER) AS TIMESTAMP) + INTERVAL 11 HOUR, 'oprn_oprt_endtime': CAST(adm + CAST(least(1, length - 1) AS INTEGER) AS TIMESTAMP) + INTERVAL 740 MINUTE,
         'oprn_lv': op_lv, 'anst_way': '01', 'oper_dr_code': doctor_code(serial, v, 27), 'anst_dr_code': doctor_code(serial, v, 30),
         'anst_begntime': CAST(adm + CAST(least(1, length - 1) AS INTEGER) AS TIMESTAMP) + INTERVAL 640 MINUTE, 'anst_endtime': CAST(adm + CAST(least(1, length - 1) AS INTEGER) AS TIMESTAMP) + INTERVAL 750 MINUTE}] END AS oprninfo,
       iteminfo, [{'fund_pay_type': CASE hi_type WHEN '310' THEN '310100' ELSE '390100' END, 'fund_payamt': fund}] AS payinfo, feedetail
FROM paid ORDER BY dscg_time, setl_id;
