SELECT unit, 'diseinfo' AS part, row, 'diag_code' AS field
FROM diseinfo
QUALIFY row_number() OVER (PARTITION BY unit, diag_type, diag_code ORDER BY row) > 1
