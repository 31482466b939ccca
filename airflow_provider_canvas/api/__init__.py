"""The Canvas API: every endpoint, defined once, without any I/O.

One module describes one page of the Canvas API documentation. A definition is a decorator (method, route, type of the
response), a signature (the parameters as Canvas names them) and a body that returns them. The same definition serves
the synchronous and the asynchronous client, the table of endpoints in the documentation, and the tests: see
:mod:`.endpoint`.
"""
