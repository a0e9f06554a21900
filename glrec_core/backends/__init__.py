"""Which stages fit together on this machine, and why others do not."""
