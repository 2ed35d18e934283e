"""Versions of code: what a module consists of, down to the packages that are installed.

A version is that of the code as it lies on the disk when it is asked for, which is to be when it
is loaded. What a whole refresh consists of belongs to `receipt`.
"""

import hashlib
import sys
import sysconfig
from collections import defaultdict
from functools import cache
from modulefinder import ModuleFinder
from pathlib import Path
from typing import Any

from ami.dataset import PROJECT_ROOT, REFERENCE_SEEDS
from yearbooks.source import content_hash

# The one file that `analysis` reads: it is code to who calls it.
_READ_BY_CODE = REFERENCE_SEEDS / "variables.csv"


class _Imports(ModuleFinder):
    """The modules of the project that each of them imports, at its top or where it is used.

    Nothing is run. What a library imports does not count: libraries are what is installed.
    """

    def __init__(self) -> None:
        # Folders that are no packages; `dbt` has the name of a library.
        others = [
            each.name for each in PROJECT_ROOT.iterdir() if not (each / "__init__.py").exists()
        ]
        super().__init__(path=[str(PROJECT_ROOT)], excludes=others)
        self.of: dict[str, set[str]] = defaultdict(set)

    def import_hook(
        self,
        name: str,
        caller: Any = None,
        fromlist: list[str] | None = None,
        level: int = -1,
    ) -> Any:
        if caller is not None:
            self.of[caller.__name__] |= {name, *(f"{name}.{each}" for each in fromlist or ())}
        return super().import_hook(name, caller, fromlist, level)

    def behind(self, module: str) -> dict[str, Path]:
        """The files of a module and of all that comes with it, by the names of their modules."""
        self.import_hook(module)
        waiting = [module]
        for name in waiting:
            # A module comes with the packages it is in.
            around = {name.rpartition(".")[0]} if "." in name else set()
            waiting += (self.of[name] | around) & self.modules.keys() - {*waiting}
        files = {name: vars(self.modules[name])["__file__"] for name in waiting}
        return {name: Path(file) for name, file in files.items() if file}


def installed() -> str:
    """Changes with Python and with every package that is installed beside the project."""
    packages = Path(sysconfig.get_path("purelib")).glob("*.dist-info")
    return content_hash("\n".join([sys.version, *sorted(each.name for each in packages)]).encode())


@cache
def version_of(*modules: str, alone: tuple[str, ...] = ()) -> str:
    """Changes with all that can change what these modules make of the arguments they are given.

    That is the modules, all of the project that they import, directly or not, the seed of
    variables, and what is installed. Of those `alone` it is the module without what it imports.
    """
    digest = hashlib.sha256(_installed().encode())
    files = {"variables": _READ_BY_CODE}
    for module in modules:
        files |= _imports().behind(module)
    files |= {module: _imports().behind(module)[module] for module in alone}
    for name, path in sorted(files.items()):
        digest.update(f"{name}\0{content_hash(path.read_bytes())}\0".encode())
    return digest.hexdigest()


# As loaded, and once for all of them.
_imports, _installed = cache(_Imports), cache(installed)
