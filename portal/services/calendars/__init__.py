"""The expiry calendar: the days until which codes must be redeemed, and on which licences end.

days   counts them, from the indexes of `Asset.due_on` and `Asset.ends_on` alone
feeds  a person's link with which a calendar program fetches them
"""
