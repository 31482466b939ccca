"""Notifiers: what became of Canvas's tasks, for mail and chat."""
