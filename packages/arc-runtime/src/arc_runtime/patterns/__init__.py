"""Which requests are known to fail: conditions, the index that finds them, the files that hold them."""
