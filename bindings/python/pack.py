"""Packs a wheel from a library that is built already, as the tests do; releases are built by maturin.

    python pack.py LIBRARY VERSION FOLDER

Prints the wheel's path.
"""

from __future__ import annotations

import sys
import sysconfig
from email.message import Message
from pathlib import Path

import tomli
from pyproject_metadata import StandardMetadata
from wheel.wheelfile import WheelFile

HERE = Path(__file__).parent


def main(library: Path, version: str, folder: Path) -> None:
    project = tomli.loads((HERE / "pyproject.toml").read_text("utf-8"))
    metadata = StandardMetadata.from_pyproject(project, HERE)
    metadata.version = metadata.version or version
    tag = f"cp310-abi3-{sysconfig.get_platform().replace('-', '_').replace('.', '_')}"
    wheel = folder / f"iiot-{version}-{tag}.whl"
    folder.mkdir(parents=True, exist_ok=True)
    with WheelFile(wheel, "w") as packed:
        for file in sorted((HERE / "python").rglob("*")):
            if file.is_file() and "__pycache__" not in file.parts:
                packed.write(file, file.relative_to(HERE / "python").as_posix())
        packed.write(library, f"iiot/_native{suffix()}")
        for licence in metadata.license_files or []:
            packed.write(HERE / licence, f"iiot-{version}.dist-info/licenses/{licence}")
        packed.writestr(f"iiot-{version}.dist-info/METADATA", bytes(metadata.as_rfc822()))
        packed.writestr(f"iiot-{version}.dist-info/WHEEL", described(tag).as_bytes())
    print(wheel)


def suffix() -> str:
    return ".pyd" if sys.platform == "win32" else ".abi3.so"


def described(tag: str) -> Message:
    message = Message()
    message["Wheel-Version"] = "1.0"
    message["Generator"] = "iiot"
    message["Root-Is-Purelib"] = "false"
    message["Tag"] = tag
    return message


main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
