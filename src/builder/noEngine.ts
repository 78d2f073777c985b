/** Why an image is neither tested nor published where docker has no daemon, as a clause. */
export const noEngine = 'no docker engine answers';

/** The reason of an image that would be published where an engine has tested it. */
export const notPublished = (reason: string): string => `not published: ${reason}`;
