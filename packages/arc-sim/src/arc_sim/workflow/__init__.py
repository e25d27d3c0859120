"""One run from the diff to the signed result. graph.py shows the steps, steps.py what each does."""
