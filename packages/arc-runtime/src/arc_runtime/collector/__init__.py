"""The reference collector: receives events over gRPC, stores them in SQLite, and answers when they are on disk."""
