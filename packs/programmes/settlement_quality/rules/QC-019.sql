SELECT d.unit, 'diseinfo' AS part, d.row, 'diag_code' AS field
FROM diseinfo AS d JOIN setlinfo AS s USING (unit)
WHERE (starts_with(d.diag_code, 'P07.0') AND s.nwb_bir_wt > $extremely_low)
   OR (starts_with(d.diag_code, 'P07.1') AND s.nwb_bir_wt NOT BETWEEN $extremely_low + 1 AND $low)
   OR (starts_with(d.diag_code, 'P08.0') AND s.nwb_bir_wt < $large)
