"""Clients of Canvas from an Airflow connection: a synchronous and an asynchronous hook."""
