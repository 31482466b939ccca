"""What a task read and wrote, as OpenLineage names it. Nothing here sends a request; see ``docs/openlineage.md``."""
