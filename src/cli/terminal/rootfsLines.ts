import type { RootfsEvent } from '#builder/rootfs.js';
import type { Io } from './io.js';

/** Says what happens while root filesystems are made: a line at their begin and end. */
export function rootfsListener(io: Io): (event: RootfsEvent) => void {
  return (event) => {
    switch (event.kind) {
      case 'rootfs-started':
        io.say(`making the root filesystem ${event.name} (${event.directory})`);
        return;
      case 'rootfs-output':
        io.info(`${event.name}: ${event.line}`);
        return;
      case 'rootfs-made': {
        const megabytes = (event.bytes / 1e6).toFixed(0);
        const seconds = (event.milliseconds / 1000).toFixed(0);
        io.say(`made ${event.name}: ${megabytes} MB in ${seconds} s`);
      }
    }
  };
}
