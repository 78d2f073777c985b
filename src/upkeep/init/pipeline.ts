import { join } from 'node:path';
import { packageRoot } from '#core/files/packageRoot.js';
import { readText } from '#core/files/readBytes.js';

export const ciSystems = ['github', 'gitlab'] as const;
export type CiSystem = (typeof ciSystems)[number];

/** Where a system looks for its pipelines, from the top of the repository. */
const paths: Readonly<Record<CiSystem, string>> = {
  github: '.github/workflows/images.yml',
  gitlab: '.gitlab-ci.yml',
};

/** What a person has to set before it works, a sentence each. */
const toSet: Readonly<Record<CiSystem, readonly string[]>> = {
  github: [
    'to publish, set the variable IMAGES_REGISTRY and the secrets IMAGES_USERNAME and IMAGES_PASSWORD of the repository',
  ],
  gitlab: [
    'set the variable GENERATE_BAKE_IMAGE of the project to an image with Node, git, docker and generate-bake',
    'to publish, set DOCKER_AUTH_CONFIG, protected; for upgrade, UPGRADE_TOKEN and a schedule',
  ],
};

export interface Pipeline {
  readonly path: string;
  readonly text: string;
  readonly toSet: readonly string[];
}

/** The branch that a change is for, as a shell of the system has it. */
const targetBranch: Readonly<Record<CiSystem, string>> = {
  github: 'refs/remotes/origin/$GITHUB_BASE_REF',
  gitlab: 'refs/remotes/origin/$CI_MERGE_REQUEST_TARGET_BRANCH_NAME',
};

/**
 * The pipeline of a CI system that checks, builds, publishes and upgrades images with this version of the program.
 *
 * @param hasPolicy whether a change is checked by the policy of the branch that it is for
 * @param main the main branch; absent: it is not known
 */
export function pipelineOf(
  system: CiSystem,
  version: string,
  { hasPolicy = false, main }: { readonly hasPolicy?: boolean; readonly main?: string } = {},
): Pipeline {
  const template = readText(join(packageRoot(), 'templates', 'ci', `${system}.yml`));
  const check = 'generate-bake check --since ';
  const from = hasPolicy ? `--policy-from "${targetBranch[system]}" ` : '';
  return {
    path: paths[system],
    text: template
      .replaceAll('generate-bake@VERSION', `generate-bake@${version}`)
      .replace(check, () => check + from)
      .replace(usualBranches, () => branchesText(main)),
    toSet: toSet[system],
  };
}

const usualBranches = 'branches: [main, master]';

/** What GitHub calls a push to the main branch; a name that it may take for a pattern is left for a person to write. */
function branchesText(main: string | undefined): string {
  const isOther = main !== undefined && main !== 'main' && main !== 'master';
  return isOther && /^[\w./-]+$/.test(main) ? `branches: ['${main}']` : usualBranches;
}
