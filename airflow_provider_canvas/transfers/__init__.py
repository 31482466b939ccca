"""Operators that transfer content between Canvas and a storage."""
