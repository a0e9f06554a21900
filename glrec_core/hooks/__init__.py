"""What stands in for a framework's calls."""
