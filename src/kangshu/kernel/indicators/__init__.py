"""Indicators: numbers about a population that are counted from views, or entered with their evidence."""
