"""What the stages of jobs change in the world."""
