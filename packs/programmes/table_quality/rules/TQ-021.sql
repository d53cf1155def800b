SELECT unit, 'begins' AS field FROM contract WHERE begins < signed
UNION ALL
SELECT unit, 'ends' FROM contract WHERE ends < begins OR ended > ends
