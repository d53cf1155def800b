"""What goes wrong in real interfaces, done on purpose to messages that were right."""
