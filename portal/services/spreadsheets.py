"""What a spreadsheet would run instead of showing it: a cell that begins so gets an apostrophe in front."""

RUNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
