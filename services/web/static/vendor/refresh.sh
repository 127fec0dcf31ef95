#!/bin/sh
# Remakes the vendored files from npm and checks them against VENDOR.toml.
# Needs npm, tar and Python 3.11. `refresh.sh --write` accepts new checksums after a version change.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
exec_python() { python3 - "$here" "$work" "$@"; }
packages=$(python3 -c 'import sys, tomllib
for one in tomllib.load(open(sys.argv[1], "rb"))["package"]:
    print(one["name"] + "@" + one["version"])' "$here/VENDOR.toml")
for package in $packages; do
  archive=$(npm pack --silent "$package")
  mkdir "${package%@*}"
  tar -xzf "$archive" -C "${package%@*}" --strip-components=1
done
exec_python "${1:-}" <<'PYTHON'
import gzip, hashlib, pathlib, re, sys, tomllib

here, work, mode = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3]
govuk, htmx = work / "govuk-frontend/dist/govuk", work / "htmx.org"

css = (govuk / "govuk-frontend.min.css").read_text("utf-8")
css = re.sub(r"/\*!.*?\*/", "", css, flags=re.S)  # the notice of the font, which goes with it
css = re.sub(r"@font-face\{[^}]*\}", "", css)
css = css.replace("GDS Transport,arial,sans-serif", "var(--yupei-font)")
css = re.sub(r"/\*# sourceMappingURL.*?\*/", "", css, flags=re.S)
css = re.sub(r"(?:;|(?<=\{))[a-z-]+:url\(/assets/images/govuk-crest\.svg\)[^;}]*", "", css)
for left in ("GDS Transport", "@font-face", "url(", "sourceMappingURL"):
    if left in css:
        sys.exit(f"still in the CSS: {left}")
script = (govuk / "govuk-frontend.min.js").read_text("utf-8")
made = {
    "govuk-frontend.min.css": css.strip() + "\n",
    "govuk-frontend.min.js": re.sub(r"//# sourceMappingURL.*", "", script).strip() + "\n",
    "htmx.min.js": (htmx / "dist/htmx.min.js").read_text("utf-8"),
    "htmx.LICENCE.txt": (htmx / "LICENSE").read_text("utf-8"),
}
listing = (here / "VENDOR.toml").read_text("utf-8")
packages = tomllib.loads(listing)["package"]
wrong = []
for package in packages:
    archive = work / f"{package['name']}-{package['version']}.tgz"
    found = {"archive_sha256": hashlib.sha256(archive.read_bytes()).hexdigest()}
    listed = {"archive_sha256": package["archive_sha256"], **package["files"]}
    found |= {name: hashlib.sha256(made[name].encode()).hexdigest() for name in package["files"]}
    for name, digest in found.items():
        if listed[name] == digest:
            continue
        wrong.append(f"{package['name']}: {name} is {digest}, listed {listed[name] or 'nothing'}")
        key = name if name == "archive_sha256" else f'"{name}"'
        start = listing.index(f'name = "{package["name"]}"')
        line = re.compile(rf'^{re.escape(key)} = "[0-9a-f]*"$', re.M)
        listing = listing[:start] + line.sub(f'{key} = "{digest}"', listing[start:], count=1)
if wrong and mode != "--write":
    sys.exit("\n".join(wrong))
for name, text in made.items():
    (here / name).write_text(text, "utf-8", newline="\n")
    if not name.endswith(".txt"):  # what aiohttp sends to a browser that takes gzip
        (here / f"{name}.gz").write_bytes(gzip.compress(text.encode(), 9, mtime=0))
(here / "VENDOR.toml").write_text(listing, "utf-8")
print(f"{len(made)} files remade, checksums as listed")
PYTHON
