"""What the web door serves as files: the page in its languages, and the widget joined from its modules.

The sources are in `widget/`. No tool is needed to join them: a module's imports and exports are taken
out, its comments too, and all stand in one function. JSON and CSS that a module imports become values.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import json
import mimetypes
import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sanic import HTTPResponse, Request
from sanic.response import empty, raw

WIDGET = Path(__file__).resolve().parents[2] / "widget"
CONTRACT = Path(__file__).parent / "assets" / "openapi.yml"
PAGE, LANGUAGE = "page.html", "en"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'sha256-{styles}'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
LINKED = '<link rel="stylesheet" href="page.css">'
_IMPORT = re.compile(
    r"^import (?:\{(?P<names>[^}]*)\}|(?P<name>\w+)) from '\./(?P<file>[\w./]+)'(?: with \{[^}]*\})?;\n", re.M
)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:class|const|function)\b)", re.M)
_COMMENT = re.compile(r"/\*(?:(?!\*/).)*\*/[ \t]*|(?:^|(?<=\s))// [^\n]*", re.S)
_SPACE = re.compile(r"\n\s+|[ \t]+\n")
# An end of a line that says nothing; no template literal of ours holds one.
_BREAK = re.compile(r"(?<=[{;,(\[])\n(?!async|const|let|class|function)")
_GAP = re.compile(r"\s*([{};,])\s*|(?<=:) ")
_PLACE = re.compile(r"\{\{(\w+)\}\}")


@dataclass(frozen=True)
class Asset:
    """A file, ready to send."""

    body: bytes
    packed: bytes
    kind: str
    version: str


def join(main: Path = WIDGET / "main.js") -> str:
    """One script out of a module and all that it imports.

    Raises:
        ValueError: a module says something that cannot be joined: it renames what it imports, or
            exports in another way than before a declaration.
    """
    parts: dict[Path, str] = {}

    def take(file: Path) -> None:
        if file in parts:
            return
        parts[file] = ""  # a circle of imports ends here
        text = file.read_text(encoding="utf-8")
        values = []
        for found in _IMPORT.finditer(text):
            wanted = (file.parent / found["file"]).resolve()
            if found["name"]:
                values.append(f"const {found['name']} = {_value(wanted)};\n")
            elif " as " in found["names"]:
                raise ValueError(f"{file.name}: an import may not be renamed")
            else:
                take(wanted)
        own = _EXPORT.sub("", _IMPORT.sub("", text))
        if re.search(r"^(?:import|export)\b", own, re.M):
            raise ValueError(f"{file.name}: an import or export that cannot be joined")
        del parts[file]  # after what it needs
        parts[file] = "".join(values) + _lean(own)

    take(main.resolve())
    return "(() => {\n'use strict';\n" + "".join(parts.values()) + "})();\n"


def _value(file: Path) -> str:
    text = file.read_text(encoding="utf-8")
    value = json.loads(text) if file.suffix == ".json" else styles(file)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")


def _lean(code: str) -> str:
    return _BREAK.sub("", _SPACE.sub("\n", _COMMENT.sub("", code))).strip() + "\n"


def styles(file: Path) -> str:
    """A style sheet behind the colours that page and chat share."""
    sheets = (each.read_text(encoding="utf-8") for each in (WIDGET / "tokens.css", file))
    return _GAP.sub(r"\1", _lean("".join(sheets))).replace(";}", "}")


def pages(versions: dict[str, str]) -> dict[str, str]:
    """The page by language; what it refers to carries its version, so that it may be kept for ever.

    Its styles stand in the page itself: asking for them delayed the first paint by a third.
    """
    template = (WIDGET / "page" / PAGE).read_text(encoding="utf-8")
    template = template.replace(LINKED, f"<style>{styles(WIDGET / 'page' / 'page.css')}</style>")
    for name, version in versions.items():
        template = template.replace(f'"{name}"', f'"{name}?v={version}"')
    found = {}
    for file in sorted((WIDGET / "page").glob("*.json")):
        words = json.loads(file.read_text(encoding="utf-8"))
        found[file.stem] = _PLACE.sub(partial(_word, words), template)
    return found


def _word(words: dict[str, str], place: re.Match[str]) -> str:
    """What stands in a place of the page, in one language."""
    return html.escape(words[place[1]])


def language_of(header: str, known: set[str]) -> str:
    """The language of `Accept-Language` that is known and wanted most; English without one."""
    wanted = []
    for order, part in enumerate(header.split(",")):
        tag, _, quality = part.partition(";q=")
        try:
            weight = float(quality or 1)
        except ValueError:
            weight = 0.0
        wanted.append((-weight, order, tag.strip()[:2].casefold()))
    return next((tag for weight, _, tag in sorted(wanted) if weight and tag in known), LANGUAGE)


class Assets:
    """All files of the door, read once."""

    def __init__(self) -> None:
        """Read and join."""
        files = {name: (WIDGET / "page" / name).read_bytes() for name in ("favicon.svg", "page.js")}
        files[CONTRACT.name] = CONTRACT.read_bytes()
        files["widget.js"] = join().encode()
        files["widget.css"] = styles(WIDGET / "widget.css").encode()
        for words in (WIDGET / "i18n").glob("*.json"):
            files[f"widget.{words.name}"] = words.read_bytes()
        self._files = {name: _asset(name, body) for name, body in files.items()}
        versions = {name: asset.version for name, asset in self._files.items()}
        self._pages = {tag: _asset(PAGE, page.encode()) for tag, page in pages(versions).items()}
        inline = hashlib.sha256(styles(WIDGET / "page" / "page.css").encode()).digest()
        self._policy = POLICY.format(styles=base64.b64encode(inline).decode())

    def page(self, request: Request) -> HTTPResponse:
        """The page, in the language that the browser asks for."""
        language = language_of(request.headers.get("accept-language", ""), set(self._pages))
        response = self._answer(request, self._pages[language])
        response.headers["content-language"] = language
        response.headers["vary"] = "accept-encoding, accept-language"
        return response

    def file(self, request: Request, name: str) -> HTTPResponse:
        """A file by its name; 404 if there is none.

        Any site may read the widget's: a tag with `crossorigin`, `integrity` or `type=module` needs that.
        """
        if name not in self._files:
            return empty(404)
        response = self._answer(request, self._files[name])
        if name.startswith("widget"):
            response.headers["cross-origin-resource-policy"] = "cross-origin"
            response.headers["access-control-allow-origin"] = "*"
        return response

    def _answer(self, request: Request, asset: Asset) -> HTTPResponse:
        etag = f'"{asset.version}"'
        versioned = request.args.get("v") == asset.version
        headers = {
            "etag": etag,
            "cache-control": "public, max-age=31536000, immutable" if versioned else "no-cache",
            "vary": "accept-encoding",
            "x-content-type-options": "nosniff",
            "referrer-policy": "no-referrer",
            "content-security-policy": self._policy,
            "cross-origin-resource-policy": "same-origin",
        }
        if request.headers.get("if-none-match") == etag:
            return empty(304, headers=headers)
        body = asset.body
        if "gzip" in request.headers.get("accept-encoding", ""):
            body, headers["content-encoding"] = asset.packed, "gzip"
        return raw(b"" if request.method == "HEAD" else body, headers=headers, content_type=asset.kind)


def _asset(name: str, body: bytes) -> Asset:
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    kind = f"{kind}; charset=utf-8" if kind.startswith("text/") or kind.endswith("javascript") else kind
    return Asset(body, gzip.compress(body, mtime=0), kind, hashlib.sha256(body).hexdigest()[:20])
