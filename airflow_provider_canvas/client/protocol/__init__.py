"""Transport-independent request handling, without I/O: flows, retries, responses, error messages, rate limits."""
