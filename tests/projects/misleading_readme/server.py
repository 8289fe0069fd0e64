from http.server import HTTPServer, SimpleHTTPRequestHandler

HTTPServer(("", 8123), SimpleHTTPRequestHandler).serve_forever()
