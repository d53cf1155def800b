SELECT unit, part, row, 'measured_in' AS field FROM measured WHERE measured_in IS NULL
