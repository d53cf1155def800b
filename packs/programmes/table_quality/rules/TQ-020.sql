SELECT unit, 'sbp' AS field FROM chronic_follow_up WHERE sbp NOT BETWEEN 50 AND 300 OR sbp <= dbp
UNION ALL
SELECT unit, 'dbp' FROM chronic_follow_up WHERE dbp NOT BETWEEN 20 AND 200
UNION ALL
SELECT unit, 'fpg' FROM chronic_follow_up WHERE fpg NOT BETWEEN 1 AND 50
