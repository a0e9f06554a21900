"""Sinks: where the encoded stream goes."""
