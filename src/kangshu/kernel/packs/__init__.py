"""Packs: all content that a standard, a programme or a place brings, as data and not as code."""
