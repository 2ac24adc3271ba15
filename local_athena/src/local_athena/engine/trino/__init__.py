"""A real Trino as the engine: queries and DML go to it, everything around them stays.

java, repository, distribution    what it needs on the machine, fetched once into a cache folder
configuration, process            a server of its own per endpoint, on the same Glue and S3
client, texts                     its protocol, and its values as Athena's text
statements                        which statements are its business, and its words for them
engine                            `contract.EngineProtocol`
"""

from local_athena.engine.trino.engine import TrinoEngine

__all__ = ["TrinoEngine"]
