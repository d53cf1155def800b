"""The lake: large flat things in columns, as logical models say; rows are read with a grant."""
