-- Their fee lines: a bed line a day, the operation with its anaesthesia, and drugs, tests and materials.
CREATE OR REPLACE TABLE feedetail AS
WITH numbered AS (
  SELECT c.*, j FROM cases AS c, range(getvariable('lines')) AS r(j)
), kinds AS (
  SELECT *, CASE WHEN j < stay AND j < 20 THEN 0
                 WHEN j = least(stay, 20) AND op IS NOT NULL THEN 1
                 WHEN j = least(stay, 20) + 1 AND op IS NOT NULL THEN 2
                 WHEN j = least(stay, 20) + 2 THEN 3
                 WHEN j = least(stay, 20) + 3 THEN 4
                 ELSE 5 + (j % 5) END AS kind
  FROM numbered
), priced AS (
  SELECT *, CASE kind WHEN 0 THEN 45.00 WHEN 1 THEN 1280.00 WHEN 2 THEN 620.00
                      ELSE round(CAST(2 + chance(n * 131 + j, 8) * 90 AS DECIMAL(18,4)), 2) END AS pric,
         CASE WHEN kind <= 2 THEN 1 ELSE 1 + CAST(floor(chance(n * 131 + j, 9) * 3) AS INTEGER) END AS cnt
  FROM kinds
)
SELECT 'F' || n || '-' || j AS feedetl_sn, getvariable('org') AS fixmedins_code, 'M' || n AS mdtrt_id, 'S' || n AS setl_id,
       strftime(CAST(admitted AS TIMESTAMP) + to_hours(CAST(10 + (j % 20) AS BIGINT)), '%Y-%m-%d %H:%M:%S') AS fee_ocur_time,
       ['01', '06', '05', '09', '09', '04', '03', '08', '07', '05'][kind + 1] AS med_chrgitm,
       CASE kind WHEN 0 THEN '001109000010000' WHEN 1 THEN '003310040010000' WHEN 2 THEN '003301000050000'
                 WHEN 3 THEN drug WHEN 4 THEN 'XC08CAA223A001010100269'
                 WHEN 5 THEN '002503020010000' WHEN 6 THEN '002103000010000' WHEN 7 THEN 'C0101011020000300001'
                 WHEN 8 THEN '001201000060000' ELSE '001204000010000' END AS med_list_codg,
       CASE kind WHEN 0 THEN '普通病房床位费' WHEN 1 THEN op_name WHEN 2 THEN '全身麻醉'
                 WHEN 3 THEN drug_name WHEN 4 THEN '苯磺酸氨氯地平片'
                 WHEN 5 THEN '葡萄糖测定' WHEN 6 THEN '计算机体层成像' WHEN 7 THEN '一次性使用输液器'
                 WHEN 8 THEN '二级护理' ELSE '静脉输液' END AS medins_list_name,
       cnt, pric, CAST(cnt * pric AS DECIMAL(18,2)) AS det_item_fee_sumamt,
       CASE WHEN kind IN (3, 4) THEN '02' ELSE '01' END AS chrgitm_lv,
       'D' || getvariable('division') || lpad(CAST(n % 97 AS VARCHAR), 6, '0') AS bilg_dr_codg
FROM priced;
