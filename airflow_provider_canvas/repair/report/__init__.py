"""The HTML report of a repair."""
