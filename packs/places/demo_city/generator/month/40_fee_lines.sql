-- What a stay costs, line by line: bed, care and medicines by the day, tests and operation once.
CREATE OR REPLACE TABLE line AS
WITH chosen AS (
  SELECT s.n, s.serial, s.v, s.adm, s.length, i.item, i.chrgitm, i.code, i.name, i.level, CASE WHEN i.per_day = 1 THEN s.length ELSE 1 END AS cnt,
         CAST(i.price * k.price_factor AS DECIMAL(18, 2)) AS pric
  FROM stay AS s JOIN place AS p ON p.serial = s.serial JOIN hospital_levels AS k ON k.hosp_lv = CAST(p.hosp_lv AS INTEGER) JOIN fee_items AS i ON (i.operation IS NULL OR s.op IS NOT NULL) AND chance(s.v, 300 + i.item) < i.share
  UNION ALL
  SELECT s.n, s.serial, s.v, s.adm, s.length, 99, '09', s.drug_code, s.drug_name, '02', greatest(1, s.length // 2), CAST(s.drug_price AS DECIMAL(18, 2)) FROM stay AS s
)
SELECT n, v, serial, adm, length, chrgitm, level, item, code, name, cnt, pric, CAST(cnt * pric AS DECIMAL(18, 2)) AS amount,
       CAST(adm AS TIMESTAMP) + to_hours(10 + item % 8) AS charged
FROM chosen;
CREATE OR REPLACE TABLE stay_lines AS
SELECT n, v, sum(amount) AS total,
       list({'feedetl_sn': 'F' || printf('%x', n) || '-' || printf('%x', v) || '-' || item, 'fixmedins_code': institution_code(serial), 'mdtrt_id': 'M' || printf('%x', n) || '-' || printf('%x', v),
             'fee_ocur_time': charged, 'med_chrgitm': chrgitm, 'med_list_codg': code, 'medins_list_name': name, 'cnt': CAST(cnt AS DECIMAL(18, 2)), 'pric': pric,
             'det_item_fee_sumamt': amount, 'chrgitm_lv': level, 'bilg_dr_codg': doctor_code(serial, v, 27)} ORDER BY item) AS feedetail
FROM line GROUP BY n, v;
CREATE OR REPLACE TABLE stay_items AS
SELECT n, v, list({'med_chrgitm': chrgitm, 'amt': amount, 'claa_sumfee': a, 'clab_amt': b, 'fulamt_ownpay_amt': c} ORDER BY chrgitm) AS iteminfo
FROM (
  SELECT n, v, chrgitm, sum(amount) AS amount, coalesce(sum(amount) FILTER (WHERE level = '01'), 0) AS a,
         coalesce(sum(amount) FILTER (WHERE level = '02'), 0) AS b, coalesce(sum(amount) FILTER (WHERE level = '03'), 0) AS c
  FROM line GROUP BY n, v, chrgitm
) GROUP BY n, v;
