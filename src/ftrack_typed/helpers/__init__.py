"""What sessions and entities offer beyond reading and writing attributes; each a function of its own."""
