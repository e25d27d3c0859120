"""What services say to each other without an address: stubs of remote procedures, messages."""
