"""gunicorn with a server that gives up soon: `python -m tests.serving.impatient`."""

from gunicorn.app.wsgiapp import run

from portal.serving import connection

if __name__ == "__main__":
    connection.HEAD_WITHIN, connection.BODY_WITHIN, connection.TAKEN_WITHIN = 2, 1, 1
    run()
