"""Account details, for all kinds of people: whom each sees decides core/access.py, row by row."""

from flask import Blueprint

area = Blueprint("accounts", __name__, url_prefix="/accounts")
