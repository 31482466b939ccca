"""Links from Airflow's page into Canvas."""
