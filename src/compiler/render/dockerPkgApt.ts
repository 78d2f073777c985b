/** What `apt_install` and `apt_remove` take from the configuration, as templates print it. */
export interface AptSettings {
  /** The proxy for apt alone; undefined where the configuration has none that counts as true. */
  readonly proxy: string | undefined;
  readonly options: string;
}

const proxyFile = '/etc/apt/apt.conf.d/80_proxy';
const cleaning = 'apt-get clean && rm -rf /var/lib/apt/lists/* ';
/** The end of a line that goes on, and the start of the next. */
const next = ' \\\n    ';

function writeProxy(proxy: string): string {
  return `echo 'Acquire::http::Proxy "${proxy}";' > ${proxyFile}`;
}

/** The steps after the packages: each on a line of its own. */
function finish(proxy: string | undefined): string {
  const steps = proxy === undefined ? [cleaning] : [`rm -f ${proxyFile}`, cleaning];
  return steps.map((step) => `${next}&& ${step}`).join('');
}

/** The shell command that installs packages, byte for byte as docker-pkg writes it. */
export function installCommand(packages: string, { proxy, options }: AptSettings): string {
  const before = proxy === undefined ? '' : `${writeProxy(proxy)}${next}&& `;
  return (
    `${before}apt-get update ${options}` +
    `${next}&& DEBIAN_FRONTEND=noninteractive` +
    `${next}apt-get install ${options} --yes ${packages} --no-install-recommends` +
    finish(proxy)
  );
}

/**
 * The one that removes packages. With a proxy docker-pkg leaves out the line break after its
 * first backslash; so does this, since the text decides about caches and digests.
 */
export function removeCommand(packages: string, { proxy }: AptSettings): string {
  const before = proxy === undefined ? '' : `${writeProxy(proxy)}  && \\`;
  return (
    `${before}apt-get update && DEBIAN_FRONTEND=noninteractive` +
    ` apt-get remove --yes --purge ${packages}` +
    finish(proxy)
  );
}
