SELECT id AS unit, discharged AS happened, institution, recorded, cost AS denominator, fund AS numerator
FROM discharge
