"""The folders of a lake: which tables are there, and deleting one, on this machine or in an object store."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.fs  # pyright: ignore[reportMissingTypeStubs]

from kangshu.kernel.lake.held import LOG

_fs: Any = pyarrow.fs


def tables_below(root: str) -> list[str]:
    """The names of the tables below a root, in order."""
    files, base = _opened(root)
    # In an object store a folder is there as long as something is in it.
    folders = [each.path for each in _inside(files, base) if each.type == _fs.FileType.Directory]
    logs = files.get_file_info([f"{path}/{LOG}" for path in folders])
    found = zip(folders, logs, strict=True)
    return sorted(path.rpartition("/")[2] for path, log in found if log.type == _fs.FileType.Directory)


def delete_table(root: str, name: str) -> None:
    """Delete a table with all it holds; nothing if it is not there.

    Its log goes first, from the last commit to the first: killed meanwhile, what is left is the table as it
    was some commits ago, or none.
    """
    files, base = _opened(root)
    log = f"{base}/{name}/{LOG}"
    for each in sorted(_inside(files, log), key=lambda each: each.base_name, reverse=True):
        if each.type == _fs.FileType.File:
            files.delete_file(each.path)
    if files.get_file_info(f"{base}/{name}").type == _fs.FileType.Directory:
        files.delete_dir(f"{base}/{name}")


def _opened(root: str) -> tuple[Any, str]:
    """The file system of a root and the path there. In an object store the environment says who asks."""
    if "://" in root:
        return _fs.FileSystem.from_uri(root)
    return _fs.LocalFileSystem(), str(Path(root).resolve())


def _inside(files: Any, path: str) -> list[Any]:
    return files.get_file_info(_fs.FileSelector(path, allow_not_found=True))
