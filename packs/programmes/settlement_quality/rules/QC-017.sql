SELECT s.unit, w.field
FROM setlinfo AS s
JOIN stay AS t USING (unit)
CROSS JOIN LATERAL (SELECT unnest([{'field': 'nwb_bir_wt', 'grams': s.nwb_bir_wt}, {'field': 'nwb_adm_wt', 'grams': s.nwb_adm_wt}], recursive := true)) AS w
WHERE t.age_days BETWEEN 0 AND $newborn
  AND (w.grams IS NULL OR w.grams NOT BETWEEN $least AND $most OR w.grams % $precision <> 0)
