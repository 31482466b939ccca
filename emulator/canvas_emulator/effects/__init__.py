"""What the stages of jobs do to the world."""
