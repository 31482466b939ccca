"""Content migrations: selection of content for a selective import, and classes of migration issues."""
