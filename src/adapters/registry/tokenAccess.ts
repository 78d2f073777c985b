/**
 * Whether a token of the distribution's kind (a JWT whose `access` lists what it is good for) lets
 * its bearer push to a repository. Undefined where the token does not say. Nothing checks that the
 * token is sound: this is for telling early, and the registry decides.
 */
export function mayPushWith(token: string, repository: string): boolean | undefined {
  const access = accessOf(token);
  if (access === undefined) {
    return undefined;
  }
  return access.some((entry) => {
    const { type, name, actions } = asRecord(entry);
    const listed = Array.isArray(actions) ? actions : [];
    const isMeant = type === 'repository' && name === repository;
    return isMeant && (listed.includes('push') || listed.includes('*'));
  });
}

function accessOf(token: string): readonly unknown[] | undefined {
  const payload = /^[\w-]+\.([\w-]+)\.[\w-]*$/.exec(token)?.[1];
  if (payload === undefined) {
    return undefined;
  }
  try {
    const { access } = asRecord(JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')));
    return Array.isArray(access) ? access : undefined;
  } catch {
    // Not a JWT after all.
    return undefined;
  }
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
