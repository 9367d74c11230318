"""gunicorn with a server that gives up soon: `python -m tests.serving.impatient`."""

from gunicorn.app.wsgiapp import run

from portal import serving

if __name__ == "__main__":
    serving.HEAD_WITHIN, serving.BODY_WITHIN, serving.TAKEN_WITHIN = 2, 1, 1
    run()
