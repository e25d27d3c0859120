"""What can go wrong: the scenarios, one data file each; see catalog.py."""
