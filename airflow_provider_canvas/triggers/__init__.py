"""Waiting, in the triggerer. Its event loop imports these modules, so they import nothing slow."""
