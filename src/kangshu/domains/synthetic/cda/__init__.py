"""Documents after WS/T 500, invented: header, entries, and what a reader should find in them."""
