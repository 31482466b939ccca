"""A local Canvas: an ASGI application that behaves as Canvas's REST API does.

It has real state machines, copies content between in-memory courses, computes asset ID mappings from rows, and has
rate limits, pagination, faults on demand, and a clock that tests drive. The command ``canvas-emulator`` serves the
demo's courses or a term; ``canvas_emulator.server.serve`` serves a world inside a test; ``canvas_emulator.testing`` is
the pytest plugin.

It imports nothing of the provider, so that the two can disagree. The packages, from the inside out; each imports only
those above it in this list:

- ``machines``: states and plans of jobs, as tables, and the agenda that runs the plans. They import nothing
- ``model``: rows and the tables that keep them (``world``), clock, settings, faults, rights, ids, signed URLs
- ``effects``: what jobs do to rows: copying, rewriting links, shifting dates, the mapping; ``effects.packages`` reads
  and writes cartridges, QTI and zip files
- ``jobs``: what starts a job, and moves its row and its Progress
- ``seeds``: worlds to start with: ``demo``, ``term``, ``small``
- ``wire``: HTTP: parameters, tokens, rate limits, pages of lists, responses and errors
- ``pages``: a module for each page of Canvas's API documentation: handlers, shapes, routes
- ``storage``: the hosts that take and deliver files, on ports of their own
- ``control``: the emulator's own endpoints, and the page in the browser
- ``app``: the layers that a request passes; ``http_server`` and ``server``: serving; ``options`` and ``command``:
  the command
"""

__version__ = "0.1.0"
