"""From syntax trees to plain data: what the kinds of nodes of each language mean."""
