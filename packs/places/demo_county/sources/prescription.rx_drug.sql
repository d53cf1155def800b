SELECT _row, rx_no, drug_code, drug_name, spec, dose, dose_unit, frequency, route, days, cnt, cnt_unit FROM raw
