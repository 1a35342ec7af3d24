"""A server that answers what SGLang answers about itself, within a moment of its start."""

# python fake.py PORT WEIGHT_VERSION
FAKE_SERVER = """
import http.server, json, sys
posts = 0
class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self, text):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(text.encode())
    def do_GET(self):
        if self.path == "/metrics":
            self.answer('sglang:http_requests_total{endpoint="/generate",method="POST"} %d.0\\n' % posts)
        else:
            self.answer(json.dumps({"weight_version": sys.argv[2]}))
    def do_POST(self):
        global posts
        posts += 1
        self.answer("{}")
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""
