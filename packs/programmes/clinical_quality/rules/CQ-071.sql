SELECT unit, 'dosages' AS field FROM medication_request WHERE dosages = 0
