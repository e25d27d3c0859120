"""The command line: parse, call, print. entry.py is where it begins, app.py lists the commands."""
