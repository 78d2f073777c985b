/** BuildKit's own Dockerfile frontend, built of Debian's packages: nothing of it is in this repository. */
import { copyFileSync } from 'node:fs';
import { basename } from 'node:path';
import { must } from '../process.js';
import { scratchTree } from '../scratch.js';
import { loadBase, made } from './base.js';
import type { Engine } from './engine.js';
import { type Takes, takesLabel } from './frontend.js';
import { debianSource } from './packages.js';

/** Of Debian forky: docker's source has BuildKit's, and buildx depends on what that needs besides. */
const packages = [
  'golang-go',
  'golang-github-docker-docker-dev',
  'golang-github-docker-buildx-dev',
  'golang-github-mitchellh-hashstructure-dev',
];

const build = `
  set -eu
  mkdir -p /build/src/github.com/mitchellh/hashstructure /build/out
  cp -r /usr/share/gocode/src/github.com/mitchellh/hashstructure /build/src/github.com/mitchellh/hashstructure/v2
  export GO111MODULE=off GOROOT=/usr/lib/go GOPATH=/build:/usr/share/gocode GOCACHE=/build/cache GOTELEMETRY=off
  export CGO_ENABLED=0 HOME=/root
  go build -trimpath -ldflags "-s -w" -o /build/out/FILE github.com/moby/buildkit/frontend/dockerfile/cmd/dockerfile-frontend`;

/**
 * Has it build the stage of `fake.Dockerfile`, in the build context, that has the variant's name: what else it is asked for
 * stays as BuildKit asks.
 */
const entrypoint = `#!/bin/sh
for name in $(env | sed -n 's/^\\(BUILDKIT_FRONTEND_OPT_[0-9]*\\)=.*/\\1/p'); do
  eval "value=\\$$name"
  case $value in
    filename=* | dockerfilekey=* | source=* | cmdline=* | build-arg:BUILDKIT_SYNTAX=*) unset "$name" ;;
    hostname=* | build-arg:BUILDKIT_SANDBOX_HOSTNAME=*) unset "$name" ;;
  esac
done
export BUILDKIT_FRONTEND_OPT_1000=filename=fake.Dockerfile BUILDKIT_FRONTEND_OPT_1001=dockerfilekey=context
exec /bin/dockerfile-frontend
`;

/** Loads it under a name; made once, in some three minutes. */
export async function loadDockerfileFrontend(
  engine: Engine,
  name: string,
  takes: Takes,
): Promise<void> {
  const root = 'frontend.example/root:1';
  await loadBase(engine, root);
  const program = await made('dockerfile-frontend', makeProgram);
  const folder = scratchTree({
    Dockerfile: `FROM ${root}\nCOPY dockerfile-frontend /bin/\nCOPY --chmod=755 entrypoint /\nENTRYPOINT ["/entrypoint"]\n${takesLabel(takes)}`,
    entrypoint: { text: entrypoint, mode: 0o755 },
  });
  copyFileSync(program, folder.at('dockerfile-frontend'));
  await engine.docker('build', '--quiet', '--tag', name, folder.path);
}

async function makeProgram(file: string): Promise<void> {
  const { uri, signedBy } = debianSource();
  const folder = scratchTree({ 'build.sh': build.replace('FILE', basename(file)) });
  await must('mmdebstrap', [
    ...['--variant=apt', '--format=null', `--include=${packages.join(',')}`],
    // A mirror may be behind; signatures are checked.
    ...['--aptopt=Acquire::Check-Valid-Until "false"', '--aptopt=Acquire::Retries "3"'],
    `--customize-hook=copy-in ${folder.at('build.sh')} /`,
    '--customize-hook=chroot "$1" sh /build.sh',
    `--customize-hook=copy-out /build/out/${basename(file)} ${folder.path}`,
    ...['forky', '-', `deb [signed-by=${signedBy}] ${uri} forky main`],
  ]);
  copyFileSync(folder.at(basename(file)), file);
}
