"""How requests and answers look on the wire: parameters, ids, authentication, throttling, pages of lists, errors."""
