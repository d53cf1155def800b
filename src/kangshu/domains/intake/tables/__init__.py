"""Tables: files of rows in many forms, described by a feed, checked column-wise and landed in the lake."""
