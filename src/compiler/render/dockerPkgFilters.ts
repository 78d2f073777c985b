import {
  Dict,
  equals,
  type Filter,
  fail,
  GivenNames,
  isText,
  PreparedVariables,
  str,
  textOf,
  truth,
  typeError,
  typeOf,
  Undefined,
  type Value,
  type Variables,
  valueError,
} from '#jinja/index.js';
import { type AptSettings, installCommand, removeCommand } from './dockerPkgApt.js';
import { upstreamVersion } from './upstreamVersion.js';

/** What `image_tag` finds under a name: the full reference, or why there is none. */
export type FoundImage =
  | { readonly kind: 'found'; readonly reference: string }
  | { readonly kind: 'missing'; readonly reason: string };

export interface DockerPkgOptions {
  /**
   * docker-pkg's configuration with its defaults filled in: `apt_options`, `apt_only_proxy`,
   * `known_uid_mappings`. Values of odd types print as Jinja2 prints them.
   */
  readonly config: Variables | PreparedVariables;
  /** The image of a name as a template writes it, without registry and namespace. */
  readonly findImage: (name: string) => FoundImage;
}

/** The six filters that docker-pkg adds to Jinja2, with its quirks. */
export function dockerPkgFilters(options: DockerPkgOptions): ReadonlyMap<string, Filter> {
  const { config, findImage } = options;
  const names = config instanceof PreparedVariables ? config.names : new GivenNames(config, true);
  const setting = (key: string): Value | undefined => names.get(key);

  const apt = (): AptSettings => {
    if (setting('packages') !== undefined) {
      throw typeError(
        "jinja2.environment.Template.render() got multiple values for keyword argument 'packages'",
      );
    }
    const proxy = setting('apt_only_proxy');
    const aptOptions = setting('apt_options');
    return {
      proxy: proxy !== undefined && truth(proxy) ? str(proxy) : undefined,
      options: aptOptions === undefined ? '' : str(aptOptions),
    };
  };

  /** The id that the configuration gives a user; undefined where it has none. */
  const uidOf = (user: Value): string | undefined => {
    const mappings = setting('known_uid_mappings');
    if (mappings === undefined) {
      throw fail('KeyError', "'known_uid_mappings'");
    }
    if (!(mappings instanceof Dict)) {
      throw typeError(`known_uid_mappings must be a dict, not ${typeOf(mappings)}`);
    }
    const uid = mappings.get(user);
    return uid === undefined ? undefined : str(uid);
  };

  return new Map<string, Filter>([
    [
      'image_tag',
      {
        apply(name) {
          const found = findImage(imageName(name));
          if (found.kind === 'found') {
            return found.reference;
          }
          throw valueError(found.reason);
        },
      },
    ],
    ['upstream_version', { apply: (tag) => upstreamVersion(textWith('split', tag)) }],
    [
      'uid',
      {
        apply(user, _args, { warn }) {
          const uid = uidOf(user);
          if (uid !== undefined) {
            return uid;
          }
          warn(`UID mapping for user ${str(user)} not found`);
          return user;
        },
      },
    ],
    [
      'add_user',
      {
        apply(user) {
          const uid = uidOf(user);
          if (uid === undefined || equals(uid, user)) {
            throw valueError(`No mapping found for user '${str(user)}'`);
          }
          const name = str(user);
          return (
            `groupadd -o -g ${uid} -r ${name} && ` +
            `useradd -l -o -r -m -d /var/lib/${name} -g ${name} -u ${uid} ${name}`
          );
        },
      },
    ],
    [
      'apt_install',
      {
        apply: (packages) =>
          installCommand(textWith('replace', packages).replaceAll('\n', ' '), apt()),
      },
    ],
    ['apt_remove', { apply: (packages) => removeCommand(str(packages), apt()) }],
  ]);
}

/** A name that docker-pkg joins to registry and namespace as a path. */
function imageName(name: Value): string {
  if (name instanceof Undefined) {
    throw name.failure();
  }
  if (isText(name)) {
    return textOf(name);
  }
  throw typeError(
    `join() argument must be str, bytes, or os.PathLike object, not '${typeOf(name)}'`,
  );
}

/** The text of a value on which docker-pkg calls a method that only text has. */
function textWith(method: string, value: Value): string {
  if (isText(value)) {
    return textOf(value);
  }
  if (value instanceof Undefined) {
    throw value.failure();
  }
  throw fail('AttributeError', `'${typeOf(value)}' object has no attribute '${method}'`);
}
