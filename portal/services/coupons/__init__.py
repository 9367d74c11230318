"""Coupons: the register, their owners, recording, attaching, revoking, and surplus."""
