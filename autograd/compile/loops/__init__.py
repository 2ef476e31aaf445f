"""Loops of a program: found where instructions come again, and differentiated as loops."""
