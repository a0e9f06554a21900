"""Adapters of glrec for rendering frameworks, each in a package of its own; importing one imports no framework."""
