"""Reports, as staff, partners and customers see them."""
