"""What became of a recording: the account, notes, marks, and how they are shown."""
