"""Makes the HTML part of a mail from its text: paragraphs, numbered steps, the code in a box, and one button.

Blocks are separated by empty lines. Lines that begin with `1. ` are steps. A block that ends with a line that is only
an address of the portal is a button; its first line says what it does. A line that ends with such an address is a link.
Everything else is text, and is escaped.
"""

import re
from html import escape

from portal.models import CODE_MARK

_STEP = re.compile(r"\d+\. ")
_STYLE = """
:root { color-scheme: light dark; }
body { margin: 0; padding: 24px 12px; background: #f4f5f8; color: #1f2433;
  font: 16px/24px -apple-system, "Segoe UI", Roboto, "Noto Sans", Arial, sans-serif; }
main { max-width: 536px; margin: 0 auto; padding: 28px 32px; background: #fff; border: 1px solid #dfe2ea;
  border-radius: 10px; overflow-wrap: anywhere; }
h1 { margin: 0 0 16px; font-size: 22px; line-height: 30px; }
p, ol { margin: 0 0 16px; } ol { padding-inline-start: 24px; } li { margin: 0 0 8px; }
.code { padding: 16px; border: 1px dashed #8a91a5; border-radius: 6px; background: #f8f9fb; font: 18px/26px monospace; }
.button { display: inline-block; padding: 12px 20px; border-radius: 6px; background: #3346a8; color: #fff;
  font-weight: 600; text-decoration: none; }
.foot { margin: 0; font-size: 13px; line-height: 20px; } .foot a { color: #596174; }
@media (prefers-color-scheme: dark) {
  body { background: #12151d; color: #e6e8ee; } main { background: #1a1e28; border-color: #343a49; }
  .code { background: #12151d; border-color: #7d859b; } .button { background: #a9b6ff; color: #12151d; }
  .foot a { color: #a4abbd; }
}
"""


def make(
    subject: str, text: str, *, secret: str, language: str, portal_url: str, foot: tuple[str, str] | None = None
) -> str:  # fmt: skip
    """`secret`: what stands for the code or the token of the link, itself or masked. `foot`: words and address of a
    link below the text."""
    blocks = "\n".join(_block(block, portal_url) for block in text.strip().split("\n\n"))
    blocks += f'\n<p class="foot"><a href="{escape(foot[1])}">{escape(foot[0])}</a></p>' if foot else ""
    title = escape(subject)
    return (
        f'<!doctype html>\n<html lang="{escape(language)}" dir="auto">\n<head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>'
        f"<style>{_STYLE}</style></head>\n<body><main>\n<h1>{title}</h1>\n{blocks}\n</main></body>\n</html>\n"
    ).replace(CODE_MARK, escape(secret))


def _block(block: str, portal_url: str) -> str:
    lines = block.strip().split("\n")
    if lines == [CODE_MARK]:
        return f'<p class="code">{CODE_MARK}</p>'
    if all(_STEP.match(line) for line in lines):
        return "<ol>{}</ol>".format("".join(f"<li>{escape(_STEP.sub('', line, count=1))}</li>" for line in lines))
    if len(lines) == 2 and lines[1].startswith(f"{portal_url}/") and " " not in lines[1]:
        return f'<p><a class="button" href="{escape(lines[1])}">{escape(lines[0].rstrip(":"))}</a></p>'
    return "<p>{}</p>".format("<br>".join(_line(line, portal_url) for line in lines))


def _line(line: str, portal_url: str) -> str:
    words, _space, last = line.rpartition(" ")
    if words and last.startswith(f"{portal_url}/"):
        return f'<a href="{escape(last)}">{escape(words)}</a>'
    return escape(line)
