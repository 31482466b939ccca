"""Many course copies as one batch, without Airflow and HTTP: the input rows, the plan, the forecast, the summary.

``input_rows`` turns rows of any source into :class:`~.copy_request.CopyRequest`; ``columns`` says which columns a row
may have; ``row_values`` parses the value of each.
"""
