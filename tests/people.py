"""Who can be met in every world, and the password of all of them."""

from argon2 import PasswordHasher

from portal.models import Role

PASSWORD = "calm-harbour-lantern-42"
HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)

PEOPLE = {
    "dana": ("distributor", Role.OPERATOR, "Dana Markou"),
    "dora": ("distributor", Role.ADMIN, "Dora Lind"),
    "elena": ("distributor", Role.ACCOUNTANT, "Elena Papadaki"),
    "vera": ("distributor", Role.VIEWER, "Vera Sousa"),
    "paula": ("partner", Role.ADMIN, "Paula Berg"),
    "pavel": ("partner", Role.OPERATOR, "Pavel Novák"),
    "penny": ("partner", Role.VIEWER, "Penny Ash"),
    "carl": ("customer", Role.OPERATOR, "Carl Ode"),
    "cora": ("customer", Role.ADMIN, "Cora Finch"),
    "cleo": ("customer", Role.VIEWER, "Cleo Marsh"),
    "rita": ("rival", Role.ADMIN, "Rita Rivera"),
    "remy": ("rival_customer", Role.OPERATOR, "Remy Duval"),
}
