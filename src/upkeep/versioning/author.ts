/** Reads one key of git's configuration; undefined where it is not set or git is missing. */
export type GitConfig = (key: 'user.name' | 'user.email') => string | undefined;

/**
 * Who writes a changelog block, as docker-pkg finds it: DEBFULLNAME and DEBEMAIL, else git's
 * user.name and user.email, else the tree's fallback_author and fallback_email. git's address is
 * not taken where git has no name. An empty variable counts as not set.
 */
export function findAuthor(
  env: Readonly<Record<string, string | undefined>>,
  git: GitConfig,
  fallback: { readonly author: string; readonly email: string },
): string {
  let gitFailed = false;
  let name = env.DEBFULLNAME;
  if (name === undefined || name === '') {
    name = git('user.name');
    gitFailed = name === undefined;
  }
  let email = env.DEBEMAIL;
  if (email === undefined || email === '') {
    email = gitFailed ? undefined : git('user.email');
  }
  return `${name ?? fallback.author} <${email ?? fallback.email}>`;
}
