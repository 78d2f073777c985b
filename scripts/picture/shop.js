/** The repository that is built in the picture: 30 plain Dockerfiles, one of which fails. */

const base = 'debian:trixie-slim';

/** What each runtime takes to install, and the services on it with what they take, in seconds. */
const runtimes = {
  node: [2.1, { web: 2.6, admin: 1.9, checkout: 2.2, search: 1.4, newsletter: 1.1, status: 0.9 }],
  python: [1.7, { catalog: 1.8, reports: 2.4, pricing: 1.2, importer: 1.5, exporter: 1.3 }],
  golang: [2.5, { gateway: 2.3, auth: 1.6, stock: 1.7, payments: 1.4, shipping: 1.9, mail: 1.0 }],
  java: [2.8, { billing: 3.0, orders: 2.7, ledger: 2.2 }],
  php: [1.4, { blog: 1.2, shop: 1.9, wiki: 1.0 }],
};

const compiler = `echo 'ledger.go:41: undefined: amount'
echo 'make: *** [Makefile:7: payments] Error 1'
exit 2
`;

/** The files of the repository, by path. */
export function shop() {
  const files = {
    'base/Dockerfile': dockerfile(base, 'COPY setup.sh /\nRUN /setup.sh'),
    'base/setup.sh': script('setting up', 1.2),
    // Built on what fails.
    'fraud/Dockerfile': dockerfile('acme/payments', 'COPY build.sh /src/\nRUN /src/build.sh'),
    'fraud/build.sh': script('building fraud', 1),
  };
  for (const [runtime, [seconds, services]] of Object.entries(runtimes)) {
    files[`${runtime}/Dockerfile`] = dockerfile('acme/base', 'COPY install.sh /\nRUN /install.sh');
    files[`${runtime}/install.sh`] = script(`installing ${runtime}`, seconds);
    for (const [name, takes] of Object.entries(services)) {
      files[`${name}/Dockerfile`] = dockerfile(
        `acme/${runtime}`,
        'COPY build.sh /src/\nRUN /src/build.sh',
      );
      files[`${name}/build.sh`] =
        script(`building ${name}`, takes) + (name === 'payments' ? compiler : '');
    }
  }
  return files;
}

function dockerfile(from, steps) {
  return `FROM ${from}\n${steps}\n`;
}

function script(says, seconds) {
  return `#!/bin/sh\necho '${says}'\nsleep ${seconds}\n`;
}
