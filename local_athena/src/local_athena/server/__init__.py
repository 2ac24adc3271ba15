"""The port: HTTP in front of the Athena API, Glue and moto."""

from local_athena.server.endpoint import Endpoint, client_environ, serve

__all__ = ["Endpoint", "client_environ", "serve"]
