SELECT d.unit, 'component' AS part, d.row, 'value' AS field FROM component AS d
JOIN component AS s ON s.unit = d.unit AND s.loinc = '8480-6'
WHERE d.loinc = '8462-4' AND d.value >= s.value AND d.measured_in IS NOT DISTINCT FROM s.measured_in
