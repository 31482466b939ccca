"""Waiting for what somebody else started."""
