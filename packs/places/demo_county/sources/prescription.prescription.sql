SELECT min(_row) AS _row, rx_no, fixmedins_code, any_value(rx_time) AS rx_time, any_value(rx_type) AS rx_type,
       any_value(gend) AS gend, any_value(diag_code) AS diag_code, any_value(dr_code) AS dr_code,
       any_value(phar_code) AS phar_code
FROM raw
GROUP BY rx_no, fixmedins_code
ORDER BY 1
