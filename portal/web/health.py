"""Liveness, readiness and metrics, for load balancers and monitoring."""

import hmac

from flask import Flask, Response, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST

from portal.core.errors import NotVisible
from portal.environment import is_loopback
from portal.extensions import settings
from portal.services.monitoring import health, prometheus
from portal.web.security.guards import public


def install(app: Flask) -> None:
    app.add_url_rule("/healthz", "healthz", healthz)
    app.add_url_rule("/readyz", "readyz", readyz)
    app.add_url_rule("/metrics", "metrics", metrics)


@public
def healthz():
    return {"status": "ok"}


@public
def readyz():
    report = health.report()
    return jsonify(report), 503 if report["status"] == "unavailable" else 200


@public
def metrics():
    """Answers whoever sends METRICS_TOKEN. If none is set: only requests from this machine that passed no proxy."""
    if not _may_read_metrics():
        raise NotVisible()
    text = prometheus.exposition()
    if text is None:
        return Response("The database does not answer.\n", status=503, content_type="text/plain; charset=utf-8")
    return Response(text, content_type=CONTENT_TYPE_LATEST)


def _may_read_metrics() -> bool:
    token = settings().metrics_token
    if token is not None:
        return hmac.compare_digest(request.headers.get("Authorization", "").encode(), f"Bearer {token}".encode())
    passed_a_proxy = "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
    return not passed_a_proxy and is_loopback(request.remote_addr or "")
