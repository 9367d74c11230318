"""One function for each thing that is told by mail. Each is called in the transaction of its cause, and is cheap."""
