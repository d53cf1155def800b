SELECT unit, 'prescriber' AS field FROM medication_request WHERE prescriber IS NULL
