SELECT unit, 'death' AS field FROM patient WHERE death < birth OR death > CAST(received AS DATE)
