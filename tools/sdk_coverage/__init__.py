"""What of the SDKs' many ways to make a call Arc catches, seen by a local server.

`forms_*.py` are the ways, `child.py` goes them inside one environment (Python 3.8 and later, no Arc tool around it),
`matrix.py` says which environments, `environments.py` makes them, `table.py` writes the document.
"""
