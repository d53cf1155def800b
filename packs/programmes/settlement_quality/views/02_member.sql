-- Which codes that occur belong to which set. A range compares as many characters as its lower end has.
SELECT DISTINCT s.set, c.code
FROM (SELECT DISTINCT diag_code AS code FROM diseinfo UNION SELECT DISTINCT oprn_oprt_code FROM oprninfo) AS c
JOIN code_set AS s ON left(c.code, length(s.low)) BETWEEN s.low AND s.high
