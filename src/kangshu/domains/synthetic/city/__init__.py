"""A synthetic city in columns: everybody of it, and a year of its health care, as files of tables."""
