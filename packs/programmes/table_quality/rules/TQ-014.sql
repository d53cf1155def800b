SELECT unit, 'report_time' AS field FROM case_report WHERE date_diff('minute', diag_time, report_time) > $hours * 60
