"""Terminology: tables imported as facts, facts compiled, local codes mapped to standard ones."""
