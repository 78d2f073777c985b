/** The command that the shells' scripts run; nobody types it, and --help does not list it. */
export const completeCommand = '__complete';
