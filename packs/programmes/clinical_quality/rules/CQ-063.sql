SELECT unit, 'onset' AS field FROM condition WHERE onset < birth OR onset > death
