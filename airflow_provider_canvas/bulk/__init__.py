"""Many course copies by one task: submit them in waves, wait for their ends, record what became of each. No Airflow."""
