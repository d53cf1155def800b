"""A seeded county of invented residents: who they are, what befalls them, and what their institutions send."""
