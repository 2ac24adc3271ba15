"""A server of canned GetQueryResults pages: `python -m benchmarks.canned PORT COLUMNS PAGES`.

The peer of the paging measure: every request gets the same page of 1,000 rows, and a token until
the last one. It computes nothing, so what it takes is boto3's own.
"""

from __future__ import annotations

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ROWS = 1000


def page(columns: int) -> bytes:
    """The body of a page without the brace that ends it, so that a token can follow."""
    row = {"Data": [{"VarCharValue": f"{column}-1234567"} for column in range(columns)]}
    names = [
        {"Name": f"c{column}", "Type": "varchar", "CaseSensitive": True, "Nullable": "UNKNOWN"}
        for column in range(columns)
    ]
    result = {"Rows": [row] * ROWS, "ResultSetMetadata": {"ColumnInfo": names}}
    return json.dumps({"UpdateCount": 0, "ResultSet": result}, separators=(",", ":")).encode()[:-1]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 16
    page: bytes
    pages: int
    served = 0

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (as inherited)
        pass

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        type(self).served += 1
        more = f',"NextToken":"{self.served}"}}' if self.served % self.pages else "}"
        body = self.page + more.encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()


def main(port: int, columns: int, count: int) -> None:
    """Serve until killed."""
    handler = type("Handler", (_Handler,), {"page": page(columns), "pages": count})
    ThreadingHTTPServer(("127.0.0.1", port), handler).serve_forever()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
