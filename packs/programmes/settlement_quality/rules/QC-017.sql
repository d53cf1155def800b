SELECT s.unit, w.part.field
FROM setlinfo AS s
JOIN stay AS t USING (unit)
CROSS JOIN LATERAL (SELECT unnest([{'field': 'nwb_bir_wt', 'grams': s.nwb_bir_wt}, {'field': 'nwb_adm_wt', 'grams': s.nwb_adm_wt}]) AS part) AS w
WHERE t.age_days BETWEEN 0 AND $newborn
  AND (w.part.grams IS NULL OR w.part.grams NOT BETWEEN $least AND $most OR w.part.grams % $precision <> 0)
