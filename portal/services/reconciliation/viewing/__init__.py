"""The findings of a run, for those who may see them: filtered, counted, one after the other."""
