"""The staff screens of the permission archive and of the log."""
