"""The repair of stale links: change single addresses in content of Canvas, with a backup, and take changes back."""
