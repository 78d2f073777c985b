/**
 * What one `docker buildx bake` call may hold on a stock Docker: the daemon's gRPC endpoint has 250
 * HTTP/2 streams, of which each target holds two and each link one more (docs/bake.md, Scale).
 */
export const STREAMS_OF_A_CALL = 240;

/** The largest plan that asks for everything at once, and whose builder may be a stock Docker. */
export const WHOLE_PLAN = 80;

/** The streams that a target with so many linked parents holds. */
export function streamsOf(links: number): number {
  return 2 + links;
}
