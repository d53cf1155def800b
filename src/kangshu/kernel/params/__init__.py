"""Parameters: dated values with their legal basis, looked up on a day."""
