-- needs: fact
SELECT unit, id, org, b.name AS name,
  list_filter(b.identifier, lambda i: i.system = 'https://code.nhsa.gov.cn/ddyljg')[1].value AS institution_code,
  list_filter(b.identifier, lambda i: i.type.text LIKE '%统一社会信用代码%')[1].value AS credit_code
FROM (SELECT * EXCLUDE (body), from_json(body, '{"name": "VARCHAR",
        "identifier": [{"system": "VARCHAR", "value": "VARCHAR", "type": {"text": "VARCHAR"}}]}') AS b
      FROM fact WHERE type = 'Organization')
