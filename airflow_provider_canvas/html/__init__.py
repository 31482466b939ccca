"""Self-contained HTML pages: the frame, style, tables and links that all reports share."""
