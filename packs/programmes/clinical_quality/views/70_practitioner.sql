-- needs: fact
SELECT unit, id, org, coalesce(b.name[1].text, b.name[1].family) AS name,
  list_filter(b.identifier, lambda i: i.type.coding[1].code = 'DN' OR i.type.text LIKE '%医保医师%')[1].value AS doctor_code
FROM (SELECT * EXCLUDE (body), from_json(body, '{"name": [{"text": "VARCHAR", "family": "VARCHAR"}],
        "identifier": [{"system": "VARCHAR", "value": "VARCHAR",
                        "type": {"text": "VARCHAR", "coding": [{"code": "VARCHAR"}]}}]}') AS b
      FROM fact WHERE type = 'Practitioner')
