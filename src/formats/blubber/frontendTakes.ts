/** What a frontend takes from BuildKit beside its file. */
export interface FrontendTakes {
  /** Named contexts: BuildKit refuses every one of a target whose frontend does not take them. */
  readonly contexts: boolean;
  /** What other targets of the call make, in such a context. */
  readonly inputs: boolean;
}

/** The label of its image that says so, with commas between (frontend/gateway of BuildKit). */
export const frontendLabel = 'moby.buildkit.frontend.caps';

/** What is known to work with every frontend: Blubber's has no such label up to v1.8.0. */
export const takesNothing: FrontendTakes = { contexts: false, inputs: false };

/** What an image of this label takes; absent: it has none. */
export function takesOf(label: string | undefined): FrontendTakes {
  const all = new Set((label ?? '').split(',').map((one) => one.trim()));
  return {
    contexts: all.has('moby.buildkit.frontend.contexts'),
    inputs: all.has('moby.buildkit.frontend.inputs'),
  };
}
