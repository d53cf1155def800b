"""What a view means, slow and obvious: the measure of the SQL that is made of it. Never optimised."""
