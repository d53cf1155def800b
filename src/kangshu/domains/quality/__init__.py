"""Quality: what was found wrong with what institutions send, as scores per institution, feed and day."""
