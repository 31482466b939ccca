"""Links from Airflow's pages to Canvas."""
