"""The blueprint of the reconciliation."""

from flask import Blueprint

bp = Blueprint("reconciliation", __name__, url_prefix="/tools/reconciliation")
