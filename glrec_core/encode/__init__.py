"""Encoders, and the table of codecs that says what each can be asked for."""
