"""PyIceberg's file access over the object store: s3 uris in metadata, plain files on disk.

Reads open the file itself. A write goes to a temporary file that is published whole when closed.
"""

from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, cast

from pyiceberg.io import FileIO, InputFile, InputStream, OutputFile, OutputStream

from local_athena.storage import ObjectStore


class StoreInput(InputFile):
    """An object to read."""

    def __init__(self, store: ObjectStore, location: str) -> None:
        super().__init__(location)
        self._path = store.path(location)

    def __len__(self) -> int:
        return self._path.stat().st_size

    def exists(self) -> bool:
        return self._path.is_file()

    def open(self, seekable: bool = True) -> InputStream:
        return cast("InputStream", self._path.open("rb"))


class _Publishing:
    """A stream whose bytes become an object on close, unless the block raised."""

    def __init__(self, store: ObjectStore, location: str) -> None:
        self._context = store.new_file(location)
        self._path: Path = self._context.__enter__()
        self._file: IO[bytes] = self._path.open("wb")
        self._open = True

    def write(self, data: bytes) -> int:
        return self._file.write(data)

    def tell(self) -> int:
        return self._file.tell()

    def close(self) -> None:
        self.__exit__(None, None, None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._open:
            self._open = False
            self._file.close()
            self._context.__exit__(kind, error, trace)


class StoreOutput(OutputFile):
    """An object to write; its length is known once it is published."""

    def __init__(self, store: ObjectStore, location: str) -> None:
        super().__init__(location)
        self._store = store

    def __len__(self) -> int:
        return self._store.size(self.location)

    def exists(self) -> bool:
        return self._store.exists(self.location)

    def to_input_file(self) -> InputFile:
        return StoreInput(self._store, self.location)

    def create(self, overwrite: bool = False) -> OutputStream:
        return cast("OutputStream", _Publishing(self._store, self.location))


class StoreIO(FileIO):
    """PyIceberg's FileIO, without a copy and without a network."""

    def __init__(self, store: ObjectStore) -> None:
        super().__init__({})
        self._store = store

    def new_input(self, location: str) -> InputFile:
        return StoreInput(self._store, location)

    def new_output(self, location: str) -> OutputFile:
        return StoreOutput(self._store, location)

    def delete(self, location: Any) -> None:
        self._store.delete(location if isinstance(location, str) else location.location)


class LocalOutput(OutputFile):
    """A plain file to write, of no object store."""

    def __init__(self, path: Path) -> None:
        super().__init__(str(path))
        self._path = path

    def __len__(self) -> int:
        return self._path.stat().st_size

    def exists(self) -> bool:
        return self._path.exists()

    def to_input_file(self) -> InputFile:
        raise NotImplementedError("a local output is never read back")

    def create(self, overwrite: bool = False) -> OutputStream:
        return cast("OutputStream", self._path.open("wb"))
