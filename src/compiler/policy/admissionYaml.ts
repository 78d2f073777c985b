import { yamlText } from '#formats/settings/yamlText.js';
import type { PolicyException } from '../workspace/policyKeys.js';

/** What objects of Kubernetes have pods in, and where. */
const shapes = [
  {
    name: 'pods',
    rules: [{ group: '', resources: ['pods', 'pods/ephemeralcontainers'] }],
    spec: 'spec',
  },
  {
    name: 'workloads',
    rules: [
      { group: '', resources: ['replicationcontrollers'] },
      { group: 'apps', resources: ['daemonsets', 'deployments', 'replicasets', 'statefulsets'] },
      { group: 'batch', resources: ['jobs'] },
    ],
    spec: 'spec.template.spec',
  },
  {
    name: 'cronjobs',
    rules: [{ group: 'batch', resources: ['cronjobs'] }],
    spec: 'spec.jobTemplate.spec.template.spec',
  },
] as const;

const containers = ['containers', 'initContainers', 'ephemeralContainers'] as const;

interface AdmissionParts {
  /** Whether a reference `r` may run, and whether it is a base image; absent: that is not asked. */
  readonly isAllowed: string | undefined;
  readonly isBase: string | undefined;
  readonly exceptions: readonly PolicyException[];
  readonly action: string;
  readonly excluded: readonly string[];
  readonly file: string;
}

/** A policy and its binding for each shape: of one shape, so that Kubernetes can check the types of the expressions. */
export function admissionYaml(parts: AdmissionParts): string {
  const { exceptions, file } = parts;
  const lines = [
    `Made of ${file} by: generate-bake policy --format kubernetes`,
    'Make it anew when that file, the images of its trees or their kinds change.',
    ...exceptions.map(
      ({ rule, images, until, reason }) =>
        `It has an exception of ${rule} until ${until.text}: ${images.map(({ value }) => value).join(', ')} (${reason})`,
    ),
  ];
  const comment = lines.map((line) => `# ${line.replace(/[\s\p{C}]+/gu, ' ')}\n`).join('');
  const documents = shapes.flatMap((shape) => [policyOf(shape, parts), bindingOf(shape, parts)]);
  return `${comment}${documents.map((one) => `---\n${yamlText(one)}`).join('')}`;
}

type Shape = (typeof shapes)[number];

function policyOf({ name, rules, spec }: Shape, { isAllowed, isBase }: AdmissionParts): object {
  const variables: readonly (readonly [string, string])[] = [
    ['images', imagesOf(`object.${spec}`)],
    ['before', `oldObject == null ? [] :\n${imagesOf(`oldObject.${spec}`)}`],
    // What ran before may be changed otherwise: else it could not even be deleted.
    ['added', 'variables.images.filter(i, !(i in variables.before))'],
    ['named', `variables.added.map(i, i.split("@")[0]).map(i,\n${normalised})`],
    [
      'references',
      'variables.named.map(r, r.substring(r.lastIndexOf("/")).contains(":") ? r : r + ":latest")',
    ],
    ...(isAllowed === undefined
      ? []
      : [['refused', `variables.references.filter(r, !(\n${isAllowed}))`] as const]),
    ...(isBase === undefined
      ? []
      : [['bases', `variables.references.filter(r,\n${isBase})`] as const]),
  ];
  const validations: readonly (readonly [string, string])[] = [
    ...(isAllowed === undefined
      ? []
      : [['refused', 'the policy does not allow the registry of '] as const]),
    ...(isBase === undefined ? [] : [['bases', 'base images are not deployed: '] as const]),
  ];
  return {
    ...head('ValidatingAdmissionPolicy', name),
    spec: {
      failurePolicy: 'Fail',
      matchConstraints: {
        resourceRules: rules.map(({ group, resources }) => ({
          apiGroups: [group],
          apiVersions: ['v1'],
          operations: ['CREATE', 'UPDATE'],
          resources: [...resources],
        })),
      },
      variables: variables.map(([variable, expression]) => ({ name: variable, expression })),
      validations: validations.map(([variable, message]) => ({
        expression: `variables.${variable}.size() == 0`,
        messageExpression: `${JSON.stringify(message)} + variables.${variable}.join(", ")`,
      })),
    },
  };
}

function bindingOf({ name }: Shape, { action, excluded }: AdmissionParts): object {
  const namespace = {
    key: 'kubernetes.io/metadata.name',
    operator: 'NotIn',
    values: [...excluded],
  };
  return {
    ...head('ValidatingAdmissionPolicyBinding', name),
    spec: {
      policyName: `generate-bake-${name}`,
      validationActions: [action],
      ...(excluded.length === 0
        ? {}
        : { matchResources: { namespaceSelector: { matchExpressions: [namespace] } } }),
    },
  };
}

function head(kind: string, name: string): object {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind,
    metadata: { name: `generate-bake-${name}` },
  };
}

/** The images of all containers of a pod's specification, and those that are its volumes (Kubernetes 1.31). */
function imagesOf(spec: string): string {
  const volumes = `${spec}.volumes.filter(v, has(v.image)).map(v, has(v.image.reference) ? v.image.reference : "")`;
  return [
    ...containers.map(
      (kind) => `(has(${spec}.${kind}) ? ${spec}.${kind}.map(c, has(c.image) ? c.image : "") : [])`,
    ),
    `(has(${spec}.volumes) ? ${volumes} : [])`,
  ].join(' +\n');
}

/** A reference with its registry, as Docker reads one: `nginx` is docker.io/library/nginx. */
const first = 'i.split("/")[0]';
const rest = 'i.substring(i.indexOf("/") + 1)';
const normalised = [
  `!i.contains("/") ? "docker.io/library/" + i :`,
  `!(${first}.contains(".") || ${first}.contains(":") || ${first} == "localhost" || ${first} != ${first}.lowerAscii()) ? "docker.io/" + i :`,
  `!(${first} in ["docker.io", "index.docker.io"]) ? ${first}.lowerAscii() + "/" + ${rest} :`,
  `${rest}.contains("/") ? "docker.io/" + ${rest} : "docker.io/library/" + ${rest}`,
].join('\n');
