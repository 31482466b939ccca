"""The background jobs: what starts and delays them, and how their stages change a row and its Progress."""
