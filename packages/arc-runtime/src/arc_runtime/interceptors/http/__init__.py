"""Reads requests and answers below the SDKs, as HTTP messages; knows httpx and httpx2 by what their objects can do."""
