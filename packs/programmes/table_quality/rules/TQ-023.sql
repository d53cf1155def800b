SELECT unit, 'reported_at' AS field FROM lab_result WHERE reported_at < collected_at
UNION ALL
SELECT unit, 'result_value' FROM lab_result WHERE result_value IS NULL AND result_text IS NULL
