"""The audit log: who did what to which thing, when and why."""

from portal.bss.audit import audit_log

bp = audit_log.bp
