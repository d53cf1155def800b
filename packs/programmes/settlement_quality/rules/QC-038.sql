WITH paid AS (SELECT unit, bool_or(icu) AS icu FROM fee GROUP BY unit), was AS (SELECT DISTINCT unit FROM icuinfo)
SELECT p.unit, 'icuinfo' AS part
FROM paid AS p LEFT JOIN was AS w USING (unit)
WHERE coalesce(p.icu, false) <> (w.unit IS NOT NULL)
