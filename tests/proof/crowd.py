"""Many people at once: prepared beforehand, released together, from several processes like several web workers."""

import html
import os
import re
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from urllib.parse import urlencode

from bs4 import BeautifulSoup
from flask import Flask

from tests.browser import Browser, filled, find_form
from tests.page import Page, badges_in
from tests.people import PASSWORD
from tests.proof.processes import Process, Tell

PROCESSES = 4
_MARKUP = re.compile(r"<!--.*?-->|<(script|style|template|title)\b.*?</\1>|<[^>]*>", re.DOTALL)
_LONGER_THAN_A_BADGE = 2000
Act = Callable[[], object]


@dataclass(frozen=True)
class Answer:
    status: int
    text: str
    badge: str = ""

    @property
    def is_done(self) -> bool:
        return self.status in (200, 303)


@dataclass(frozen=True)
class Click:
    """A form as it stood on the page that somebody has open."""

    app: Flask
    url: str
    data: str
    cookies: str

    def __call__(self) -> tuple[int, str, str]:
        client = self.app.test_client(use_cookies=False)
        headers = {"Cookie": self.cookies, "Content-Type": "application/x-www-form-urlencoded"}
        response = client.post(self.url, data=self.data, headers=headers)
        there = response.headers.get("Location", "")
        while "/requests/" in there:  # BitTitan is asked by a worker; the page follows
            response = client.get(there, headers=headers)
            if "waiting-title" not in response.text:
                break
            time.sleep(0.05)
        return response.status_code, text_of(response.text), badge_of(response.text)


def text_of(body: str) -> str:
    """As `Page.text` reads it, without parsing: each round of a race has dozens of answers."""
    return " ".join(html.unescape(_MARKUP.sub("", body)).split())


def badge_of(body: str) -> str:
    """The first one, of which only its own piece of the page is parsed."""
    place = body.find('class="badge')
    piece = body[body.rfind("<", 0, place) : place + _LONGER_THAN_A_BADGE] if place >= 0 else ""
    badges = badges_in(BeautifulSoup(piece, "html.parser"))
    return badges[0] if badges else ""


def signed_in(app: Flask, email: str) -> Browser:
    browser = Browser(app)
    browser.sign_in(email, PASSWORD)
    return browser


def click(browser: Browser, page: Page, button: str | None = None, *, to: str | None = None, **fields) -> Click:
    form = find_form(page, button, to, fields)
    data = list(filled(page, form, button, fields).items(multi=True))
    cookie = browser.client.get_cookie(browser.app.config["SESSION_COOKIE_NAME"])
    return Click(browser.app, form["action"], urlencode(data), f"{cookie.key}={cookie.value}")


def command(app: Flask, *arguments: str) -> Act:
    def run() -> tuple[int, str]:
        result = app.test_cli_runner().invoke(args=arguments)
        return {0: 200, 4: 409}.get(result.exit_code, 500), f"{result.exit_code}: {result.output}"

    return run


def released_together(app: Flask, clicks: list[Act], commands: list[Act] = ()) -> tuple[list[Answer], list[Answer]]:
    """The clicks over four processes, a thread for each; each command in one of its own. Answers in their order."""
    gate, opener = os.pipe()
    shares = [clicks[number::PROCESSES] for number in range(PROCESSES)] + [[each] for each in commands]
    with ExitStack() as stack:
        crowds = [stack.enter_context(Process(app, _crowd(share, gate, opener))) for share in shares]
        for crowd in crowds:
            assert crowd.hear() == "ready"
        os.close(opener)
        os.close(gate)
        answers = [[Answer(*each) for each in crowd.result()] for crowd in crowds]
    by_page = [answers[number % PROCESSES][number // PROCESSES] for number in range(len(clicks))]
    return by_page, [share[0] for share in answers[PROCESSES:]]


def _crowd(acts: list[Act], gate: int, opener: int) -> Callable[[Tell], list]:
    def live(tell: Tell) -> list:
        os.close(opener)
        if len(acts) == 1:  # a command, which listens to signals: in the main thread
            tell("ready")
            os.read(gate, 1)
            return [acts[0]()]
        answers: list = [(0, "no answer")] * len(acts)
        barrier = threading.Barrier(len(acts) + 1)

        def one(number: int) -> None:
            barrier.wait()
            answers[number] = acts[number]()

        threads = [threading.Thread(target=one, args=[number]) for number in range(len(acts))]
        for thread in threads:
            thread.start()
        tell("ready")
        os.read(gate, 1)  # returns once everybody has closed the other end
        barrier.wait()
        for thread in threads:
            thread.join()
        return answers

    return live
