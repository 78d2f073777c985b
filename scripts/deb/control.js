/** What describes the package to dpkg and apt. */

/** npm's `1.0.0-rc.1` is before `1.0.0`, which Debian writes with a tilde. */
export function debianVersion(version) {
  return version.replace('-', '~');
}

export function control({ about, maintainer, bytes }) {
  return `Package: ${about.name}
Version: ${debianVersion(about.version)}
Architecture: all
Maintainer: ${maintainer}
Installed-Size: ${Math.ceil(bytes / 1024)}
Depends: nodejs (>= ${/\d+\.\d+/.exec(about.engines.node)[0]})
Recommends: docker.io (>= 23) | docker-ce | docker-cli, docker-buildx | docker-buildx-plugin, git, ca-certificates
Suggests: mmdebstrap, bash-completion
Section: devel
Priority: optional
Description: build a whole repository of container images as one graph
 generate-bake reads a repository of container image definitions (plain
 Dockerfiles, trees of docker-pkg, root filesystems), links every image to
 what it is built on, and compiles them into one plan for docker buildx bake.
 It builds what is missing, tests it, and publishes what has passed.
`;
}

/** CHANGELOG.md in Debian's notation; what is not released yet has the date of the sources. */
export function changelog(markdown, { maintainer, epoch }) {
  const [, ...sections] = markdown.split(/^## /m);
  const blocks = sections.map((section) => {
    const [, version, date] = /^(\S+) \((\d{4}-\d\d-\d\d|unreleased)\)\n/.exec(section) ?? [];
    if (version === undefined) {
      throw new Error(`CHANGELOG.md: not "## VERSION (DATE)": ${section.split('\n')[0]}`);
    }
    const items = section
      .split(/^- /m)
      .slice(1)
      .map((item) => `  * ${wrapped(item.trim().split(/\s+/)).join('\n    ')}\n`);
    const time = date === 'unreleased' ? epoch * 1000 : Date.parse(`${date}T12:00:00Z`);
    return `generate-bake (${debianVersion(version)}) unstable; urgency=medium\n\n${items.join('')}\n -- ${maintainer}  ${rfc2822(time)}\n`;
  });
  return blocks.join('\n');
}

/** Lines that have at most 80 columns with their indent. */
function wrapped(words) {
  const lines = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= 76) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else {
      lines.push(word);
    }
  }
  return lines;
}

function rfc2822(time) {
  return new Date(time).toUTCString().replace('GMT', '+0000');
}
