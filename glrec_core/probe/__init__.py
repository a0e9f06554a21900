"""Finds out what this machine can record with: `diagnose` for a report, `selftest` for proof.

Drivers are asked in processes of their own: one that crashes or hangs is an answer, too.
"""
