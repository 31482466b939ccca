"""Content migrations: choosing what a selective import takes, and classifying the issues that Canvas raises."""
