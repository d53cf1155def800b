SELECT unit, 'onset_date' AS field FROM case_report WHERE onset_date > CAST(diag_time AS DATE) OR death_date < onset_date
UNION ALL
SELECT unit, 'diag_time' FROM case_report WHERE diag_time > report_time
