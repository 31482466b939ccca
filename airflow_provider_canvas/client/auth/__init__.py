"""Tokens: the connection's own, or those of OAuth2 grants, which the processes of a host share."""
