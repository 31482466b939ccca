"""Tasks that carry content between Canvas and a storage."""
