"""What a changed manifest says differently, and of whom: one file per kind of manifest."""
