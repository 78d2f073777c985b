/**
 * The variables of a bake or compose file (its name and text) that the environment may set. In a bake
 * file these are what it declares: `${n}` may also be a parameter of a function, or a key of a matrix.
 */
export function variablesIn(file: string, text: string): readonly string[] {
  if (/\.ya?ml$/.test(file)) {
    // `$$` is a dollar sign.
    return namesOf(text.replaceAll('$$', ' '), /\$\{?([A-Za-z_]\w*)/g);
  }
  return file.endsWith('.json')
    ? declaredInJson(text)
    : namesOf(text, /^\s*variable\s+"?([A-Za-z_][\w-]*)/gm);
}

function namesOf(text: string, pattern: RegExp): readonly string[] {
  return [...new Set([...text.matchAll(pattern)].map(([, name = '']) => name))];
}

function declaredInJson(text: string): readonly string[] {
  try {
    const file: unknown = JSON.parse(text);
    const variables =
      typeof file === 'object' && file !== null && 'variable' in file ? file.variable : undefined;
    return typeof variables === 'object' && variables !== null ? Object.keys(variables) : [];
  } catch {
    // HCL's JSON syntax may be more than JSON: bake has read it.
    return [];
  }
}
