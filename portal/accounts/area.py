"""The blueprint of account details, for all kinds of accounts. core/access.py decides who sees which account."""

from flask import Blueprint

area = Blueprint("accounts", __name__, url_prefix="/accounts")
