"""A local Canvas: an ASGI application that behaves as Canvas's REST API does.

It has real state machines, real copying between its in-memory courses, mappings computed from rows, throttling,
pagination, switches for faults and a clock that tests can drive. `canvas-emulator` serves the demo's courses or a term;
`canvas_emulator.server.serve` runs a world inside a test.

It imports nothing of the package's other parts, so that it can disagree with the client.

Where things are, from the inside out:

- `machines`: states, the moves between them, and the plans of jobs, as tables; one interpreter runs them
- `content`, `records`, `roster`, `world`: the rows, and where they are kept; `lookup` finds them by ids of other
  systems; `clock`, `settings`, `bucket`, `faults` beside
- `effects`: what stages of jobs do to the world: copying, rewriting links, shifting dates, the mapping;
  `effects.packages` reads and writes cartridges, QTI and zip files
- `jobs`: what begins a job, holds it up, and moves its row and its Progress
- `contexts`, `rights`: what things are in, and who may do what there
- `storage`: the hosts that take files and give them out, on ports of their own
- `wire`: parameters, ids, tokens, throttling, pages of lists, errors
- `pages`: a module for each page of Canvas's API documentation: handlers, shapes, routes
- `app`, `control`, `server`, `__main__`: the life of a request, the emulator's own endpoints, serving, the command
- `demo`, `demo_course`, `demo_content`: the demo's university; `term`: a whole term
- `status`: the page in the browser; `testing`: the pytest fixture
"""

__version__ = "0.1.0"
