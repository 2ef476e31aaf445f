"""Programs: straight-line code that checks itself, and what makes it smaller or simpler."""
