SELECT id AS unit, discharged AS happened, institution, recorded, 1 AS denominator, days AS numerator
FROM discharge
