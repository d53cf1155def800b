SELECT unit, 'birth' AS field FROM patient
WHERE birth > CAST(received AS DATE)
   OR died = 0 AND date_diff('year', birth, CAST(received AS DATE)) > $years
