"""The background workers: what begins a job, what may hold it up, and how its stages move its row and its Progress."""
