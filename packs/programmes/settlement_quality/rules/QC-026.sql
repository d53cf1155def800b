SELECT o.unit, 'oprninfo' AS part, o.row, 'oprn_oprt_code' AS field
FROM oprninfo AS o
WHERE o.oprn_oprt_code NOT IN (SELECT code FROM icd9cm3)
   OR (o.oprn_oprt_type = '1' AND o.oprn_oprt_code IN (SELECT code FROM member WHERE "set" = 'grey'))
