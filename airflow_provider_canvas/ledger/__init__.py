"""The ledger of course copies: one row per copy, in SQLite or PostgreSQL; see ``docs/ledger.md``."""
