"""The expiry calendar as a page, and as a feed for calendar programs."""
