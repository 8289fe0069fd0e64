"""A small page that says where it runs."""

import os
import platform
from datetime import datetime, timezone

from flask import Flask, jsonify, render_template_string

STARTED_AT = datetime.now(timezone.utc)
PORT = int(os.environ.get("PORT", "8080"))

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>It runs</title>
<style>
  body { font: 18px/1.6 system-ui, sans-serif; margin: 0; background: #f6f7f9; color: #1c2430; }
  main { max-width: 36rem; margin: 14vh auto; padding: 2rem 2.5rem; background: #fff; border-radius: 14px;
         box-shadow: 0 8px 30px rgb(0 0 0 / 8%); }
  h1 { margin: 0 0 .5rem; font-size: 1.8rem; }
  dt { color: #6b7685; font-size: .85rem; }
  dd { margin: 0 0 .7rem; font-family: ui-monospace, monospace; }
  @media (prefers-color-scheme: dark) { body { background: #12161c; color: #e8ecf1; } main { background: #1b212a; } }
</style>
</head>
<body>
<main>
  <h1>It runs.</h1>
  <p>This Flask application was packed, uploaded, started and checked in one command.</p>
  <dl>
    <dt>Release</dt><dd>{{ release }}</dd>
    <dt>Host</dt><dd>{{ host }}</dd>
    <dt>Python</dt><dd>{{ python }}</dd>
    <dt>Started</dt><dd>{{ started }}</dd>
  </dl>
</main>
</body>
</html>
"""

app = Flask(__name__)


@app.get("/")
def index():
    """The page."""
    return render_template_string(
        PAGE,
        release=os.environ.get("DEPLOYER_RELEASE_ID", "not told"),
        host=platform.node(),
        python=platform.python_version(),
        started=STARTED_AT.isoformat(timespec="seconds"),
    )


@app.get("/healthz")
def healthz():
    """What a health check asks for."""
    uptime = datetime.now(timezone.utc) - STARTED_AT
    return jsonify(status="ok", uptime_seconds=round(uptime.total_seconds(), 1))


if __name__ == "__main__":
    print(f"demo application starting on port {PORT}", flush=True)
    app.run(host="0.0.0.0", port=PORT)
