-- needs: fact
-- Whose facts, and of when, may be the same thing under another id.
SELECT DISTINCT type, person, happened FROM fact
WHERE person IS NOT NULL AND (happened IS NOT NULL AND type IN ('Encounter', 'Observation', 'Condition', 'MedicationRequest')
  OR happened IS NULL AND type = 'Patient')
