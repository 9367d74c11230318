"""For load balancers and monitoring: is it alive, can it do its work? Public, and says nothing that is secret."""

from flask import Flask, jsonify

from portal.services import health
from portal.web.guards import public


def install(app: Flask) -> None:
    app.add_url_rule("/healthz", "healthz", healthz)
    app.add_url_rule("/readyz", "readyz", readyz)


@public
def healthz():
    return {"status": "ok"}


@public
def readyz():
    report = health.report()
    return jsonify(report), 503 if report["status"] == "unavailable" else 200
