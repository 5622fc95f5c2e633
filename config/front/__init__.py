"""The public front: released files from memory, everything else from Django (docs/adr/0016).

What the public sees is only what lies in the release tree, `<root>/current/<host>/<path>`; publication writes it.
Knows nothing of the database or of sessions. `addresses` reads what a request says, `files` finds and keeps the files,
`app` answers as an ASGI application, `protocol` answers most requests without one, `django` passes the others on,
`visits` writes the log of visits, `serve` is the process.
"""
