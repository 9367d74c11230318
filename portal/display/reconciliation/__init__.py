"""How a difference is shown: both sides, what speaks for it, and what became of it."""
