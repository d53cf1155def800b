"""Rules: SELECTs over views whose rows are findings. Each says on what grounds, and how it may be wrong."""
