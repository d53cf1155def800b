SELECT unit, 'ordered' AS field FROM medication_request WHERE ordered_day < birth OR ordered_day > death
