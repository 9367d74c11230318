"""What the demo sells, at which prices, and the orders that wait."""
