"""Sensors wait for jobs that another task or a person started."""
