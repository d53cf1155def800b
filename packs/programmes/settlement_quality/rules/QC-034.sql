SELECT o.unit, 'oprninfo' AS part, o.row, 'oprn_oprt_code' AS field
FROM oprninfo AS o
JOIN principal AS p USING (unit)
WHERE o.oprn_oprt_type = '1'
  AND EXISTS (SELECT 1 FROM relation AS r WHERE left(o.oprn_oprt_code, 2) BETWEEN r.op_low AND r.op_high)
  AND NOT EXISTS (SELECT 1 FROM relation AS r WHERE left(o.oprn_oprt_code, 2) BETWEEN r.op_low AND r.op_high
                  AND left(p.diag_code, 3) BETWEEN r.dx_low AND r.dx_high)
