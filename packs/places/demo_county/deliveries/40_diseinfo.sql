-- Diagnoses. Fault 2 gives a man a delivery or a woman a prostate; fault 6 says the principal one twice.
CREATE OR REPLACE TABLE diseinfo AS
SELECT 'S' || n AS setl_id, '1' AS diag_type,
       CASE WHEN fault = 2 THEN CASE gend WHEN '1' THEN 'O80.000' ELSE 'N40.x00' END ELSE dx END AS diag_code,
       CASE WHEN fault = 2 THEN CASE gend WHEN '1' THEN '头位顺产' ELSE '前列腺增生' END ELSE dx_name END AS diag_name,
       '1' AS adm_cond_type, '1' AS maindiag_flag, n, 1 AS nth FROM cases
UNION ALL
SELECT 'S' || n, '1', CASE WHEN fault = 6 THEN dx ELSE dx2 END, CASE WHEN fault = 6 THEN dx_name ELSE dx2_name END, '1', '0', n, 2
FROM cases WHERE dx2 IS NOT NULL OR fault = 6
ORDER BY n, nth;
