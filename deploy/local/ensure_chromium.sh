#!/bin/sh
# The page tests drive a real Chromium. Where it is missing and can be installed, install it; else those tests skip and say why.
set -u
for name in chromium chromium-browser google-chrome; do
  command -v "$name" >/dev/null 2>&1 && exit 0
done
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
  echo "[test] no Chromium on PATH: the page tests will be skipped (install the package chromium to run them)"
  exit 0
fi
echo "[test] installing Chromium for the page tests (about 60 s the first time) ..."
log=$(mktemp)
export DEBIAN_FRONTEND=noninteractive
if apt-get update -q >"$log" 2>&1 && apt-get install -y -q --no-install-recommends chromium >>"$log" 2>&1; then
  rm -f "$log"
else
  echo "[test] Chromium could not be installed, the page tests will be skipped; apt-get said:"
  tail -n 3 "$log"
  rm -f "$log"
fi
exit 0
