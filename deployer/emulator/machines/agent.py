"""The first process of an emulated machine: `python -I -S agent.py <descriptor of the control socket>`.

It stays this short because Python compiles the started file again each time; what it imports is compiled once.
"""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

    from deployer.emulator.machines.inside.serve import main

    main(int(sys.argv[1]))
