SELECT id AS unit, discharged AS happened, institution, recorded, 1 AS denominator, cost AS numerator
FROM discharge
