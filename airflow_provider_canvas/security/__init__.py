"""Removal of secrets from messages, logs, results and rendered templates."""
