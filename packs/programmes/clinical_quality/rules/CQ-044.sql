SELECT m.unit, m.part, m.row, 'value' AS field FROM measured AS m
JOIN limits AS l ON l.loinc = m.loinc AND l.ucum = m.ucum AND coalesce(m.age BETWEEN l.age_from AND l.age_to, true)
WHERE m.comparator IS NULL
GROUP BY m.unit, m.part, m.row, m.value
HAVING m.value < min(l.low) OR m.value > max(l.high)
