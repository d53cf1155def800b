-- Operations, on the day after admission.
CREATE OR REPLACE TABLE oprninfo AS
SELECT 'S' || n AS setl_id, '1' AS oprn_oprt_type, op AS oprn_oprt_code, op_name AS oprn_oprt_name,
       strftime(admitted + 1, '%Y-%m-%d') AS oprn_oprt_date,
       strftime(admitted + 1, '%Y-%m-%d') || ' 09:00:00' AS oprn_oprt_begntime,
       strftime(admitted + 1, '%Y-%m-%d') || ' 10:20:00' AS oprn_oprt_endtime,
       op_lv AS oprn_lv, '01' AS anst_way,
       'D' || division || lpad(CAST(n % 97 AS VARCHAR), 6, '0') AS oper_dr_code,
       'D' || division || lpad(CAST(200 + n % 31 AS VARCHAR), 6, '0') AS anst_dr_code,
       strftime(admitted + 1, '%Y-%m-%d') || ' 08:40:00' AS anst_begntime,
       strftime(admitted + 1, '%Y-%m-%d') || ' 10:30:00' AS anst_endtime
FROM cases WHERE op IS NOT NULL ORDER BY n;
