"""The HTML report of the reconciliation of a term: all copies of a batch, read from SQL."""
