"""Price lists, the same for the distributor in the back office and for a partner in the Storefront."""
