"""A seeded county of invented residents: their lives, and the messages their institutions send."""
