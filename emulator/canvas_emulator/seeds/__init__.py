"""Worlds to start with: the demo's courses, and a whole term."""
