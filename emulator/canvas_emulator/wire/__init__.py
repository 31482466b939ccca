"""HTTP: parameters, authentication, rate limits, pages of lists, responses and errors."""
