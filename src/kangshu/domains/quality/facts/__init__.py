"""Quality of facts: a pass judges what the change feed brought since the last one, by rules of packs."""
