#!/bin/sh
# `generate-bake build` runs this with the image's reference; if it fails, the image is not published.
set -eu
image=$1
output=$(docker run --rm "$image" Ada)
case "$output" in
  *", Ada!") echo "greeter says: $output" ;;
  *) echo "unexpected output: $output" >&2; exit 1 ;;
esac
