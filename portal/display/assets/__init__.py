"""The page of one asset, shared by all areas."""
