"""Tools > Reconciliation."""

from flask import Blueprint

bp = Blueprint("reconciliation", __name__, url_prefix="/tools/reconciliation")
