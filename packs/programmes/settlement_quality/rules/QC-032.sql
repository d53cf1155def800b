WITH done AS (
  SELECT DISTINCT o.unit FROM oprninfo AS o JOIN member AS m ON m.code = o.oprn_oprt_code AND m.set = 'operation'
), fee AS (
  SELECT unit, sum(amt) AS amt FROM iteminfo WHERE med_chrgitm = '06' GROUP BY unit
)
SELECT s.unit, CASE WHEN d.unit IS NULL THEN 'oprninfo' ELSE 'iteminfo' END AS part
FROM setlinfo AS s LEFT JOIN done AS d USING (unit) LEFT JOIN fee AS f USING (unit)
WHERE (d.unit IS NOT NULL AND coalesce(f.amt, 0) = 0) OR (d.unit IS NULL AND f.amt > 0)
