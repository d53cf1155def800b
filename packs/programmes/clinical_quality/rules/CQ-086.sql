SELECT unit, 'issued' AS field FROM diagnostic_report WHERE issued < taken - INTERVAL 1 MINUTE
