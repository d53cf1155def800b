WITH pregnant AS (
  SELECT DISTINCT d.unit FROM diseinfo AS d JOIN member AS m ON m.code = d.diag_code AND m.set = 'pregnancy'
)
SELECT s.unit, f.field
FROM setlinfo AS s
JOIN stay AS t USING (unit)
LEFT JOIN pregnant AS p ON p.unit = s.unit
CROSS JOIN LATERAL (SELECT unnest([
  CASE WHEN s.nwb_adm_type IS NOT NULL THEN 'nwb_adm_type' END,
  CASE WHEN s.nwb_bir_wt IS NOT NULL THEN 'nwb_bir_wt' END,
  CASE WHEN s.nwb_adm_wt IS NOT NULL THEN 'nwb_adm_wt' END,
  CASE WHEN s.mul_nwb_bir_wt IS NOT NULL AND p.unit IS NULL THEN 'mul_nwb_bir_wt' END
]) AS field) AS f
WHERE t.age_days > $newborn AND f.field IS NOT NULL
