/** Numbers that look random and are the same in every run: `random(n)` is from 0 to n - 1. */
export function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    // Lehmer's generator with Park and Miller's constants.
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}
