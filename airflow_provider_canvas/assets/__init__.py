"""Airflow's assets in Canvas: ``canvas://school.instructure.com/courses/42``."""
