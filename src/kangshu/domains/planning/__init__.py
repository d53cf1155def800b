"""Planning: what a plan says shall be reached, what has been, and the projects it pays for."""
