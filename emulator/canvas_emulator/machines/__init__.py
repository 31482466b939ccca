"""State machines as data: stored states, the moves between them, what the API reports, and the plans of jobs.

One interpreter, ``agenda.Agenda``, runs all plans. To add a machine is to add tables.
"""
