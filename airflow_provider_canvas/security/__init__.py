"""Keeping secrets out of messages, logs, results and rendered templates."""
