#!/bin/sh
# The main job on the bundled sample repository: create it, write its plan, and build it if Docker
# with buildx is running. Every command is shown before it runs.
set -eu
directory=${1:-sample}
generate_bake="node $(cd "$(dirname "$0")/.." && pwd)/bin/generate-bake.js"

run() {
  printf '\n$ %s\n' "$(printf '%s' "$*" | sed "s|$generate_bake|generate-bake|g")"
  "$@"
}

if [ -f "$directory/config.yaml" ]; then
  printf '%s exists already: using it as it is\n' "$directory"
else
  # shellcheck disable=SC2086  # two words on purpose
  run $generate_bake init "$directory"
fi
cd "$directory"
# shellcheck disable=SC2086
run $generate_bake list images
# shellcheck disable=SC2086
run $generate_bake plan -o bake.json images
printf 'the plan is in %s/bake.json\n' "$directory"

if docker buildx version >/dev/null 2>&1 && docker version >/dev/null 2>&1; then
  run docker buildx bake -f bake.json
  run docker images --filter "reference=sample/*"
else
  cat <<TEXT

Docker with buildx is not running here, so nothing was built. To get it:
  Debian 13 or newer:  apt install docker.io docker-buildx   (then start the docker service)
  elsewhere:           Docker Desktop, or Docker Engine with its buildx plugin
then:                  cd $directory && docker buildx bake -f bake.json
TEXT
fi
