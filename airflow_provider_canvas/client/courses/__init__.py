"""Courses: batch updates, states, content listings, and fields that Canvas ignored."""
