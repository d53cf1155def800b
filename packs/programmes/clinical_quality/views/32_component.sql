-- needs: said_observation
SELECT unit, row, standard_coding(c.code.coding, ['http://loinc.org']).code AS loinc,
  TRY_CAST(c.valueQuantity.value AS DOUBLE) AS value, c.valueQuantity.comparator AS comparator,
  coalesce(c.valueQuantity.code, c.valueQuantity.unit) AS measured_in
FROM (SELECT unit, unnest(b.component) AS c, unnest(range(1, len(b.component) + 1)) AS row
      FROM said_observation WHERE judged AND len(b.component) > 0)
