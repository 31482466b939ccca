"""Background jobs of Canvas: submitting each one once, and waiting until it is over."""
