"""What is known of coupons: the register, whose each is, recording, attaching, revoking, surplus."""
