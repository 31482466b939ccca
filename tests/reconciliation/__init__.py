"""Tests of the reconciliation, and the notation in which they write courses."""
