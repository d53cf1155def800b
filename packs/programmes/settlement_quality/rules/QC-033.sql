SELECT o.unit, 'oprninfo' AS part, o.row, 'anst_way' AS field
FROM oprninfo AS o
WHERE o.anst_way NOT IN ('00', '04')
  AND o.unit IN (SELECT unit FROM fee)
  AND o.unit NOT IN (SELECT unit FROM fee WHERE anaesthesia)
