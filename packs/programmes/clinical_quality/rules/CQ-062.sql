SELECT unit, 'onset' AS field FROM condition WHERE abated < onset OR written_day < onset
