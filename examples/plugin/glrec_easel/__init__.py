"""Teaches glrec to record easels and to encode with Pillow. The entry points in pyproject.toml name the modules."""
