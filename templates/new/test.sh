#!/bin/sh
# `generate-bake build` runs this with the image's reference; if it fails, the image is not published.
set -eu
image=$1
docker run --rm --entrypoint /bin/sh "$image" -c 'echo "{{ name }} runs as user $(id -u)"'
