"""Looks at finished video files: what they are (`read_film`), and whether they are right (`verify`).

Files are not trusted. They are demuxed and decoded in a process of their own within a time limit, by demuxers that read
nothing but the file itself.
"""
