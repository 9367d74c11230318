"""What people decide about findings, and how the worker carries it out: each in its own transaction, with its own
receipt. Nothing is bought except by a retry, and no verified code is changed.
"""
