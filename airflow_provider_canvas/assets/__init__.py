"""What Airflow's assets are in Canvas: ``canvas://school.instructure.com/courses/42``."""
