-- The settlement lists themselves. Fault 1 leaves the record number out, 3 spoils the identity number, 4 discharges
-- before admission, 7 counts the days wrong, 8 writes a date nobody can read.
CREATE OR REPLACE TABLE setlinfo AS
WITH total AS (SELECT setl_id, sum(amt) AS amt FROM iteminfo GROUP BY setl_id),
counted AS (SELECT setl_id, count(*) AS rows FROM diseinfo GROUP BY setl_id)
SELECT 'S' || c.n AS setl_id, 'M' || c.n AS mdtrt_id, 'P' || c.n AS psn_no, getvariable('org') AS fixmedins_code,
       getvariable('org_name') AS fixmedins_name,
       CASE WHEN fault = 1 THEN '' ELSE 'B' || c.n END AS medcasno,
       ['王', '李', '张', '陈', '黄', '梁'][1 + c.n % 6] || ['伟', '芳', '明', '静', '强', '丽', '杰'][1 + c.n % 7] AS psn_name,
       gend, strftime(brdy, '%Y-%m-%d') AS brdy, date_sub('year', brdy, admitted) AS age,
       '01' AS patn_cert_type,
       id_body || CASE WHEN fault = 3 THEN translate(resident_id_check(id_body), '0123456789X', '1234567890X'[1:10] || '0') ELSE resident_id_check(id_body) END AS certno,
       '20' AS mrg_stas, CASE WHEN chance(c.n, 10) < 0.3 THEN '310' ELSE '390' END AS hi_type, division AS insuplc,
       '1' AS ipt_med_type, '2' AS adm_way, '1' AS trt_type,
       strftime(admitted, '%Y-%m-%d') || ' 09:30:00' AS adm_time, '03' AS adm_caty,
       CASE WHEN fault = 4 THEN strftime(admitted - 1, '%Y-%m-%d') || ' 10:00:00'
            WHEN fault = 8 THEN strftime(discharged, '%d.%m.%y') || '?'
            ELSE strftime(discharged, '%Y-%m-%d') || ' 15:00:00' END AS dscg_time,
       '03' AS dscg_caty, stay + CASE WHEN fault = 7 THEN 3 ELSE 0 END AS act_ipt_days,
       d.rows AS diag_code_cnt, CASE WHEN op IS NULL THEN 0 ELSE 1 END AS oprn_oprt_code_cnt,
       stay AS scd_nurscare_days, '1' AS dscg_way, '1' AS days_rinp_flag_31,
       'D' || division || lpad(CAST(c.n % 97 AS VARCHAR), 6, '0') AS chfpdr_code,
       '4409' AS bill_code, lpad(CAST(c.n AS VARCHAR), 10, '0') AS bill_no,
       strftime(admitted, '%Y-%m-%d') AS setl_begn_date, strftime(CASE WHEN fault = 4 THEN admitted - 1 ELSE discharged END, '%Y-%m-%d') AS setl_end_date,
       t.amt AS medfee_sumamt, round(t.amt * 0.7, 2) AS fund_pay_sumamt, t.amt - round(t.amt * 0.7, 2) AS psn_part_amt,
       0 AS acct_pay, t.amt - round(t.amt * 0.7, 2) AS psn_cashpay, '3' AS hi_paymtd,
       strftime(least(discharged + getvariable('delay'), getvariable('sent')), '%Y-%m-%d') || ' 18:00:00' AS dcla_time
FROM cases AS c JOIN total AS t ON t.setl_id = 'S' || c.n JOIN counted AS d ON d.setl_id = 'S' || c.n
ORDER BY c.n;
