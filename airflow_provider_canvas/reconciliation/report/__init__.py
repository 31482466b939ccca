"""Renderings of a reconciliation: SQL tables and an HTML page. Each takes a ``Reconciliation`` and decides nothing."""
