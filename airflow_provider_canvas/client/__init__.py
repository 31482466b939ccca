"""How to talk to Canvas: authentication, pacing, retries, paging, errors.

What to do next is decided once, in plain functions and generators (:mod:`.policy`, :mod:`.pacing`,
:mod:`.conversation`); two transports only exchange bytes and sleep (:mod:`.blocking` with requests, :mod:`.awaiting`
with aiohttp). Nothing here knows Airflow: the client works in a notebook.
"""
