"""The two transports, one for each HTTP library: requests (synchronous) and aiohttp (asynchronous)."""
