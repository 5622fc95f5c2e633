"""Ways out of the house, one module each. The inbox is the Notice row itself; the slip is printed by reminders."""
