"""Outputs of a reconciliation: SQL tables and an HTML page."""
