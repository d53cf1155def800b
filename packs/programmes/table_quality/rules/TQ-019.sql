SELECT unit, 'given_at' AS field FROM vaccination WHERE CAST(given_at AS DATE) < brdy
