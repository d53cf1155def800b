SELECT unit, 'resident_id' AS field FROM patient
WHERE resident_id IS NULL AND health_card IS NULL
  AND (birth IS NULL OR date_diff('day', birth, CAST(received AS DATE)) > $days)
