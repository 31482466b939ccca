"""What Canvas offers: every endpoint, defined once, without any I/O.

One module describes one page of the Canvas API documentation. A definition is a decorator (method, route, what comes
back), a signature (the parameters as Canvas names them) and a body that returns them. The same definition serves the
blocking and the awaiting client, the documentation's coverage table and the tests: see :mod:`.endpoint`.
"""
