"""Waiting, in the triggerer. Its event loop imports these modules, so what is slow to import is not imported here."""
