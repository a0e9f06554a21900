"""What travels through the house, and how it is counted and checked."""
