"""The HTML report of a batch of copies."""
