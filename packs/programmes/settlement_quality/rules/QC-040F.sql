SELECT DISTINCT b.unit, 'bldinfo' AS part
FROM bldinfo AS b
WHERE b.unit IN (SELECT unit FROM fee) AND b.unit NOT IN (SELECT unit FROM fee WHERE blood)
