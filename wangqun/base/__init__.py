"""底座: what every app may use: refusals, append-only tables, numbers without gaps, the origin of a request."""
