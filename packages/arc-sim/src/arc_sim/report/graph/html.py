"""The graph as one HTML page: the picture, and below it every service and dependency with its evidence.

Works without JavaScript; the script only opens the entry that a click in the picture leads to, and filters by text.
Nothing is loaded from elsewhere, which the page's own policy enforces.
"""

import base64
import hashlib

from arc_sim.model import Channel, Edge, Resilience, Service
from arc_sim.report.graph.svg import draw, text_of
from arc_sim.report.graph.view import TAGS, View, amount, caption, settings

STYLE = """
:root{color-scheme:light dark}
body{margin:0;font:15px/1.5 system-ui,"Segoe UI",Helvetica,Arial,sans-serif;background:Canvas;color:CanvasText}
header,main{padding:0 24px}h1{font-size:20px;margin:20px 0 4px}h2{font-size:16px;margin:28px 0 8px}
.facts,.hint{color:GrayText;margin:0 0 12px}
.picture{overflow:auto;border-block:1px solid color-mix(in srgb,CanvasText 20%,transparent);max-height:78vh}
.picture:focus-visible{outline:2px solid Highlight}
details{border-bottom:1px solid color-mix(in srgb,CanvasText 15%,transparent);padding:4px 0}
summary{cursor:pointer;padding:2px 0}details:target summary{outline:2px solid Highlight;outline-offset:3px}
dl{display:grid;grid-template-columns:max-content 1fr;gap:2px 16px;margin:6px 0 10px 18px}dt{color:GrayText}dd{margin:0}
code{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}
ul{margin:0;padding-left:18px}.mark{font-weight:600}input{font:inherit;padding:4px 8px;min-width:260px}
.skip{position:absolute;left:-999px}.skip:focus{left:8px;top:8px;background:Canvas;padding:8px}
"""

SCRIPT = """
const open=()=>{const e=document.getElementById(decodeURIComponent(location.hash.slice(1)));
if(e&&e.tagName==="DETAILS"){e.open=true;e.querySelector("summary").focus();e.scrollIntoView({block:"center"})}};
addEventListener("hashchange",open);open();
const box=document.getElementById("filter");box.parentElement.hidden=false;
box.addEventListener("input",()=>{const t=box.value.toLowerCase();
for(const e of document.querySelectorAll("main details"))e.hidden=!e.textContent.toLowerCase().includes(t)});
"""


NOTHING_ELSE = "base-uri 'none'; form-action 'none'"


def render_html(view: View) -> str:
    """Return the page."""
    digest = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; {NOTHING_ELSE}"
    graph = view.graph
    services = [_service(index, service, view) for index, service in enumerate(graph.services)]
    edges = [_edge(index, edge, view) for index, edge in enumerate(graph.edges)]
    title = text_of(view.title)
    return "\n".join(
        [
            '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{title}</title><style>{STYLE}</style></head><body>",
            '<a class="skip" href="#services">To the list of services</a>',
            f'<header><h1>{title}</h1><p class="facts">{_facts(view)}</p></header>',
            '<div class="picture" tabindex="0" role="region" aria-label="Picture of the service graph">',
            draw(view, linked=True),
            "</div><main>",
            '<p class="hint">A box or a line leads to its entry below, with the evidence. A line goes from who'
            " depends to what it depends on; dashed: nobody waits for the answer. On lines: timeout, retries.</p>",
            '<p hidden><label>Filter <input id="filter" type="search" autocomplete="off"></label></p>',
            *_affected(view),
            f'<h2 id="services">Services ({len(services)})</h2>',
            *services,
            f'<h2 id="dependencies">Dependencies ({len(edges)})</h2>',
            *edges,
            *_channels(view),
            *_warnings(view),
            f"</main><script>{SCRIPT}</script></body></html>\n",
        ]
    )


def _facts(view: View) -> str:
    own = sum(len(names) > 1 for names in view.systems)
    words = [f"{len(view.graph.services)} services", f"{len(view.graph.edges)} dependencies"]
    words += [f"{own} systems that share nothing"] if own > 1 else []
    return text_of(" · ".join(words))


def _affected(view: View) -> list[str]:
    if view.impact is None:
        return []
    if not view.marks:
        return ['<h2 id="affected">Affected</h2><p>No service is affected.</p>']
    rows = []
    for name, mark in sorted(view.marks.items(), key=lambda item: (list(TAGS).index(item[1]), item[0])):
        reasons = "; ".join(view.impact.reasons.get(name, ()))
        rows.append(f'<li><span class="mark">{text_of(name)}</span> {TAGS[mark]}: {text_of(reasons)}</li>')
    return ['<h2 id="affected">Affected</h2><ul>', *rows, "</ul>"]


def _service(index: int, service: Service, view: View) -> str:
    mark = view.marks.get(service.name, "")
    reasons = view.impact.reasons.get(service.name, ()) if view.impact else ()
    out = [(name, view.numbers[service.name, name]) for name in view.beside[0].get(service.name, ())]
    into = [(name, view.numbers[name, service.name]) for name in view.beside[1].get(service.name, ())]
    rows = [
        ("affected", text_of("; ".join(reasons) or TAGS.get(mark, "")) if mark else ""),
        ("also called", text_of(", ".join(service.aliases))),
        ("built from", _codes(service.paths)),
        ("image", _codes((service.image,) if service.image else ())),
        ("started by", _codes((" ".join(service.command),) if service.command else ())),
        ("port", str(service.port or "")),
        ("depends on", ", ".join(f'<a href="#edge-{number}">{text_of(name)}</a>' for name, number in out)),
        ("called by", ", ".join(f'<a href="#edge-{number}">{text_of(name)}</a>' for name, number in into)),
    ]
    tag = f' <span class="mark">{TAGS[mark]}</span>' if mark else ""
    return _entry(f"service-{index}", f"{text_of(service.name)} <small>{text_of(caption(service))}</small>{tag}", rows)


def _edge(index: int, edge: Edge, view: View) -> str:
    words = " ".join(filter(None, (edge.protocol, "" if edge.sync else "async", settings(edge))))
    mark = view.mark_of(edge)
    rows = [
        ("confidence", f"{edge.confidence:.2f}"),
        ("evidence", _codes(tuple(map(str, edge.evidence)))),
        ("timeout", _deciding(settings_of(edge, "timeout"), edge.timeout_ms is not None)),
        ("retries", _deciding(settings_of(edge, "retries"), edge.retries is not None)),
        (
            "breaker, fallback, pool",
            _deciding([s for s in edge.resilience if s.kind not in ("timeout", "retries")], True),
        ),
        ("address from", _codes((edge.address_env,) if edge.address_env else ())),
    ]
    tag = ' <span class="mark">on the way of the change</span>' if mark else ""
    title = f"{text_of(edge.source)} → {text_of(edge.target)} <small>{text_of(words)}</small>{tag}"
    return _entry(f"edge-{index}", title, rows)


def settings_of(edge: Edge, kind: str) -> list[Resilience]:
    """Return the settings of one kind: of several timeouts the smallest decides, and all are shown."""
    return [setting for setting in edge.resilience if setting.kind == kind]


def _deciding(found: list[Resilience], known: bool) -> str:
    if not found:
        return "" if known else "none found"
    rows = []
    for setting in found:
        words = " ".join(filter(None, (amount(setting), setting.phase, setting.detail)))
        kind = "" if setting.kind in ("timeout", "retries") else f"{setting.kind.replace('_', ' ')} "
        rows.append(f"<li>{text_of(kind + words)} <code>{text_of(str(setting.location))}</code></li>")
    return f"<ul>{''.join(rows)}</ul>"


def _channels(view: View) -> list[str]:
    if not view.graph.channels:
        return []
    entries = [_channel(index, channel) for index, channel in enumerate(view.graph.channels)]
    return [f'<h2 id="channels">Message channels ({len(entries)})</h2>', *entries]


def _channel(index: int, channel: Channel) -> str:
    rows = [
        ("broker", text_of(channel.broker or "not in this repository")),
        ("producers", text_of(", ".join(channel.producers))),
        ("consumers", text_of(", ".join(channel.consumers))),
        ("evidence", _codes(tuple(map(str, channel.evidence)))),
    ]
    return _entry(f"channel-{index}", f"{text_of(channel.name)} <small>{channel.kind}</small>", rows)


def _warnings(view: View) -> list[str]:
    if not view.graph.warnings:
        return []
    rows = [f"<li>{text_of(warning)}</li>" for warning in view.graph.warnings]
    return [f'<h2 id="warnings">Not read ({len(rows)})</h2><ul>', *rows, "</ul>"]


def _entry(name: str, title: str, rows: list[tuple[str, str]]) -> str:
    shown = "".join(f"<dt>{key}</dt><dd>{value}</dd>" for key, value in rows if value)
    return f'<details id="{name}"><summary>{title}</summary><dl>{shown}</dl></details>'


def _codes(texts: tuple[str, ...]) -> str:
    return "<br>".join(f"<code>{text_of(text)}</code>" for text in texts)
