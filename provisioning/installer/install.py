#!/usr/bin/env python3
"""python3 install.py --help: where this file lies, in a checkout or at the top of an offline bundle, is the rest."""

import importlib
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCE = next(folder for folder in (HERE, *HERE.parents) if (folder / "provisioning" / "installer").is_dir())
sys.dont_write_bytecode = True  # a bundle stays what its index says
sys.path.insert(0, str(SOURCE))

if __name__ == "__main__":
    main = importlib.import_module("provisioning.installer.main").main
    sys.exit(main(sys.argv[1:], Path(__file__).resolve(), SOURCE))
