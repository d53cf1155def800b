"""Kangshu (康枢): the population-health platform of a city and its counties."""
