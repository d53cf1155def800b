SELECT unit, 'code' AS field FROM medication_request WHERE is_standard = 0
