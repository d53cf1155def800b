SELECT o.unit, 'oprninfo' AS part, o.row, 'oprn_oprt_code' AS field
FROM oprninfo AS o
JOIN setlinfo AS s USING (unit)
JOIN member AS m ON m.code = o.oprn_oprt_code
WHERE (s.gend = '1' AND m.set = 'female_operation') OR (s.gend = '2' AND m.set = 'male_operation')
