/** Why an image is neither tested nor published where docker has no daemon, as a clause. */
export const noEngine = 'no docker engine answers';
