/** The exit statuses, the same for every command. */
export const exit = {
  done: 0,
  /** Images failed, differ or are not up to date. */
  failed: 1,
  /** The definitions or the options are wrong, or an output cannot be written. */
  wrong: 2,
  /** The engine or a registry cannot be used. */
  unusable: 3,
  /** `plan --unpublished --exit-code`: there is nothing to build. */
  nothing: 4,
  /** A bug of ours: what nobody expected was thrown. */
  bug: 70,
  interrupted: 130,
} as const;

export type ExitCode = (typeof exit)[keyof typeof exit];
