"""Where tokens come from: a connection's own, or OAuth2 grants whose tokens the processes of a host share."""
