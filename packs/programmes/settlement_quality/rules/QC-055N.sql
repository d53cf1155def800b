SELECT s.unit, 'tel' AS field
FROM setlinfo AS s
JOIN (SELECT tel FROM setlinfo WHERE tel IS NOT NULL GROUP BY tel HAVING count(DISTINCT certno) > $patients) AS t ON t.tel = s.tel
