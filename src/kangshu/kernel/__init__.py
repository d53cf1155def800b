"""What every domain stands on: no disease, no payment scheme, no city, no web framework."""
