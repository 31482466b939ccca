"""Apache Airflow provider for the Canvas LMS.

This module stays empty of imports: Airflow loads it in every process while it looks for providers.
"""

__version__ = "0.1.0"
