-- needs: plausible
SELECT loinc, ucum, CAST(age_from AS BIGINT) AS age_from, CAST(age_to AS BIGINT) AS age_to,
  CAST(low AS DOUBLE) AS low, CAST(high AS DOUBLE) AS high
FROM plausible
