"""Compiles what touches every node of a page (extract/native.py), px (pictures/*.pyx) or letter (letters.pyx).

All else about the package stands in pyproject.toml. Where no Cython or no C compiler is at hand the install goes on:
the modules of extraction then run as plain Python, pictures are scaled by libraries, words found by numpy.
"""

import importlib.util
import json
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

FOLDER = Path("m3w_builder/extract")
BUSY = {"runs", "addresses", "lines", "pieces", "words", "kinds", "flat", "spots", "unseen", "skims", "walk", "weigh"}
"""Modules of which a page's loops are: to compile all so takes half as long again, and gives no more."""
DIRECTIVES = {"language_level": 3, "boundscheck": True, "wraparound": False, "annotation_typing": False}
"""Indices are checked, since pages are hostile; types are taken from the .pxd alone, and where there is one no index
counts from the end."""


class Tried(build_ext):
    """Compiles what can be compiled; a compiler that is not there, or fails, is told and does not end the install."""

    def build_extension(self, ext):
        try:
            super().build_extension(ext)
        except Exception as error:
            self.warn(f"{ext.name} is not compiled, and runs slower: {error}")


def extension(file, speed, folder=FOLDER):
    # Products are rounded before they are added, as OpenCV's are.
    flags = [] if sys.platform == "win32" else [speed, "-g0", "-ffp-contract=off"]
    name = ".".join((*folder.parts, Path(file).stem))
    headers = [str(one) for one in folder.glob("*.h")]
    return Extension(
        name, [str(folder / file)], optional=True, extra_compile_args=flags, include_dirs=[str(folder)], depends=headers
    )


def extensions():
    spec = importlib.util.spec_from_file_location("native", FOLDER / "native.py")
    native = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(native)
    wanted = [extension(f"{name}.py", "-O2" if name in BUSY else "-O1") for name in native.MODULES]
    wanted.append(extension(f"{native.READER}.pyx", "-O3"))
    wanted += [extension(f"{name}.pyx", "-O3", Path("m3w_builder/pictures")) for name in ("loops", "bands", "lanczos")]
    wanted.append(extension("letters.pyx", "-O3", Path("m3w_builder")))
    try:
        from Cython.Build import cythonize

        made = []
        for one in wanted:
            typed = Path(one.sources[0]).with_suffix(".pxd").exists()
            directives = {**DIRECTIVES, "wraparound": not typed}
            made += cythonize([one], build_dir="build/cython", compiler_directives=directives, quiet=True)
    except Exception as error:  # whatever it is, the package runs without
        print(f"m3w-builder: nothing is compiled, and extraction runs slower: {error}", file=sys.stderr)
        return []
    (FOLDER / native.BUILT).write_text(json.dumps(native.digests(FOLDER), indent=1) + "\n")
    return made


setup(ext_modules=extensions(), cmdclass={"build_ext": Tried})
