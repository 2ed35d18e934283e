"""Has a locked dependency a known vulnerability? What `make audit` runs, with pip-audit's Python.

pip-audit itself ends with 0 where the service knows none of the packages, and with 1 both for a
finding and for a service that does not answer. Here 0 means that every package was looked up and
none is known to be vulnerable, 1 that some are, 2 that the answer is not known.
"""

import json
import subprocess
import sys
from pathlib import Path

LOCK = Path(__file__).parent.parent / "requirements-dev.lock"


def main() -> int:
    """Ask, say what was answered, and return the exit code."""
    options = ["--disable-pip", "--progress-spinner", "off", "--format", "json", "--timeout", "15"]
    audit = subprocess.run(
        [sys.executable, "-m", "pip_audit", "--requirement", LOCK, *options],
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        packages = json.loads(audit.stdout)["dependencies"]
    except (ValueError, KeyError):
        said = audit.stderr.strip().splitlines() or ["it said nothing"]
        print(f"Not audited: the vulnerability service could not be asked ({said[-1]})")
        return 2
    return tell(packages)


def tell(packages: list[dict]) -> int:
    """Print the answer for the packages as pip-audit lists them, and return the exit code."""
    vulnerable = [package for package in packages if package.get("vulns")]
    unknown = [package["name"] for package in packages if "skip_reason" in package]
    for package in vulnerable:
        for found in package["vulns"]:
            fixed = ", ".join(found["fix_versions"]) or "no version"
            print(f"{package['name']} {package['version']}: {found['id']}, fixed in {fixed}")
    if unknown:
        print(
            f"Not audited: the vulnerability service knows nothing of {len(unknown)} of "
            f"{len(packages)} packages ({', '.join(unknown[:3])} ...); a mirror of the registry "
            "often has packages and no advisories"
        )
    if vulnerable:
        print(f"{len(vulnerable)} of {len(packages)} packages have known vulnerabilities")
        return 1
    if unknown or not packages:
        return 2
    print(f"None of {len(packages)} packages has a known vulnerability")
    return 0


if __name__ == "__main__":
    sys.exit(main())
