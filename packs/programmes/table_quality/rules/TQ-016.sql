SELECT unit, 'bed_days' AS field FROM institution_monthly WHERE bed_days > $limit * beds * date_diff('day', month, month + INTERVAL 1 MONTH)
