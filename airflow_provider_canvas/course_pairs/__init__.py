"""Both courses of a copy: read them, compare them and write the result; for one copy or for many. No Airflow."""
