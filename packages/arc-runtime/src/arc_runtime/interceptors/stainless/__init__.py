"""The SDKs that Stainless generates: OpenAI, Anthropic and many that are compatible. One implementation for all."""
