"""All that crosses the trust boundary: data, framed and bounded, never code and never pickle."""
