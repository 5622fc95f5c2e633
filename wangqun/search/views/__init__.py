"""What search shows: to readers, and to the office."""
