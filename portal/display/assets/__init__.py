"""The page of one asset, alike in all areas."""
