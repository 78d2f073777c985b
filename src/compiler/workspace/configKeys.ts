import type { Data } from '#core/data/data.js';

/** What a value must be. `or null` means that null is "not set". */
type ConfigType =
  | 'string'
  | 'string or null'
  | 'positive integer'
  | 'positive integer or null'
  | 'boolean'
  | 'list of strings'
  | 'mapping of names to ids'
  | 'mapping';

export interface ConfigKey {
  readonly name: string;
  readonly type: ConfigType;
  /** Absent: the key is not a template variable unless the configuration sets it. */
  readonly default?: Data;
  /** Which program has the key: docker-pkg, or generate-bake alone. */
  readonly origin: 'docker-pkg' | 'generate-bake';
  /** One line for doc/configuration.md and for messages. */
  readonly meaning: string;
}

/** Holds the keys that no template sees: every other key of docker-pkg's configuration is a variable. */
export const ownKey = 'generate-bake';

const dockerPkg = 'docker-pkg';
const ours = 'generate-bake';

/**
 * Every built-in key of the configuration, docker-pkg's first and in the order in which its
 * templates see them (doc/dev/docker-pkg.md, Config). Any other key is a template variable.
 */
export const configKeys: readonly ConfigKey[] = [
  {
    name: 'registry',
    type: 'string',
    default: '',
    origin: dockerPkg,
    meaning: 'Registry of the images, `host[:port]`; empty: none, and none is asked',
  },
  {
    name: 'username',
    type: 'string or null',
    default: null,
    origin: dockerPkg,
    meaning: 'User that publishes',
  },
  {
    name: 'password',
    type: 'string or null',
    default: null,
    origin: dockerPkg,
    meaning: 'Its password; a template that reads it fails',
  },
  {
    name: 'base_images',
    type: 'list of strings',
    default: [],
    origin: dockerPkg,
    meaning: 'Images from elsewhere that images are built on; `build` refreshes them',
  },
  {
    name: 'apt_options',
    type: 'string',
    default: '',
    origin: dockerPkg,
    meaning: 'Further options for apt-get in `apt_install`',
  },
  {
    name: 'http_proxy',
    type: 'string or null',
    default: null,
    origin: dockerPkg,
    meaning: 'Proxy for builds and for the registry',
  },
  {
    name: 'apt_only_proxy',
    type: 'string or null',
    default: null,
    origin: dockerPkg,
    meaning: 'Proxy for apt alone; falls back to `http_proxy`',
  },
  {
    name: 'namespace',
    type: 'string',
    default: '',
    origin: dockerPkg,
    meaning: 'Path between the registry and the name of an image',
  },
  {
    name: 'scan_workers',
    type: 'positive integer',
    default: 8,
    origin: dockerPkg,
    meaning: 'How many images the registry is asked about at once',
  },
  {
    name: 'fallback_author',
    type: 'string',
    default: 'Author',
    origin: dockerPkg,
    meaning: 'Author of changelog blocks where neither DEBFULLNAME nor git names one',
  },
  {
    name: 'fallback_email',
    type: 'string',
    default: 'email@domain',
    origin: dockerPkg,
    meaning: 'Address of changelog blocks where neither DEBEMAIL nor git names one',
  },
  {
    name: 'distribution',
    type: 'string',
    default: 'wikimedia',
    origin: dockerPkg,
    meaning: 'Distribution of new changelog blocks',
  },
  {
    name: 'update_id',
    type: 'string',
    default: 's',
    origin: dockerPkg,
    meaning: 'Letter of the version suffix that `update` makes: `-s1`',
  },
  {
    name: 'ca_bundle',
    type: 'string or null',
    default: null,
    origin: dockerPkg,
    meaning: 'File of CA certificates for the registry',
  },
  {
    name: 'force_numeric_user',
    type: 'boolean',
    default: false,
    origin: dockerPkg,
    meaning: 'Refuse images whose last USER is not numeric',
  },
  {
    name: 'known_uid_mappings',
    type: 'mapping of names to ids',
    default: new Map<Data, Data>([
      ['root', 0],
      ['www-data', 33],
      ['nobody', 65534],
    ]),
    origin: dockerPkg,
    meaning: 'User ids that the filters `uid` and `add_user` know',
  },
  {
    name: 'verify_command',
    type: 'string',
    default: '/bin/bash',
    origin: dockerPkg,
    meaning: 'Program that tests an image once it is built',
  },
  {
    name: 'verify_args',
    type: 'list of strings',
    default: ['-c', '{path}/test.sh {image}'],
    origin: dockerPkg,
    meaning: "Its arguments; `{path}` is the image's directory, `{image}` its reference",
  },
  {
    name: 'container_limits',
    type: 'string or null',
    origin: dockerPkg,
    meaning: 'Limits of a build: `memory=…,memswap=…,cpushares=…,cpusetcpus=…`',
  },
  { name: 'driver', type: 'string', origin: dockerPkg, meaning: 'Only `docker`, as in docker-pkg' },
  {
    name: 'password_file',
    type: 'string or null',
    origin: ours,
    meaning: 'File with the password, relative to the configuration file',
  },
  {
    name: 'insecure_registries',
    type: 'list of strings',
    origin: ours,
    meaning:
      'Registries, `host[:port]`, that are spoken to by plain http; loopback ones always may be',
  },
  {
    name: 'tag_latest',
    type: 'boolean',
    origin: ours,
    meaning: 'A printed plan tags `latest` beside the version',
  },
  {
    name: 'jobs',
    type: 'positive integer or null',
    origin: ours,
    meaning: 'How many images are built at once, at most',
  },
  {
    name: 'exclusive_images',
    type: 'list of strings',
    origin: ours,
    meaning: 'Globs of images that are built alone',
  },
  {
    name: 'dockerfile_version',
    type: 'string or null',
    origin: ours,
    meaning:
      'Directories that have a `Dockerfile` and no image.toml are images of [this version](generations.md#plain-dockerfiles)',
  },
  {
    name: 'inside_tests',
    type: 'list of strings',
    origin: ours,
    meaning:
      'Files of an image directory that are run inside its container and its children: for goss (.yaml, .json) or programs; by default `goss.yaml`',
  },
  {
    name: 'goss_required',
    type: 'boolean',
    origin: ours,
    meaning: 'An image with tests for goss fails where goss is not installed',
  },
  {
    name: ownKey,
    type: 'mapping',
    origin: ours,
    meaning: 'Keys of generate-bake that templates do not see: [the list](#keys-of-generate-bake)',
  },
];
