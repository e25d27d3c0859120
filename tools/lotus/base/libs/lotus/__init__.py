"""What every service of the shop shares: an HTTP client and server, the store's client, logging."""
