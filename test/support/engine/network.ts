/**
 * A bridge for one dockerd, made by us: a second dockerd that managed docker0 and the firewall
 * itself would undo the first one's. So each runs with `--bridge` and `--iptables=false`.
 */
import { readFileSync } from 'node:fs';
import { must, run } from '../process.js';

export interface Bridge {
  readonly name: string;
  readonly mtu: string;
}

/** The names are taken one after another; the kernel refuses one that is taken. */
export async function makeBridge(): Promise<Bridge> {
  const mtu = await outerMtu();
  for (let number = 0; number < 250; number++) {
    const name = `gbtest${number}`;
    if ((await run('ip', ['link', 'add', name, 'type', 'bridge'])).status !== 0) {
      continue;
    }
    const taken = await must('ip', ['-4', 'route', 'show', 'root', subnet(name)]);
    if (taken !== '') {
      await run('ip', ['link', 'delete', name]);
      continue;
    }
    await must('ip', ['address', 'add', subnet(name).replace('.0/', '.1/'), 'dev', name]);
    await must('ip', ['link', 'set', name, 'mtu', mtu, 'up']);
    // Left as it is afterwards: another engine of the tests may need it.
    if (readFileSync('/proc/sys/net/ipv4/ip_forward', 'utf8').trim() !== '1') {
      await must('sh', ['-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward']);
    }
    for (const rule of rules(name)) {
      await must('iptables', ['-w', ...rule('-I')]);
    }
    return { name, mtu };
  }
  throw new Error('no bridge can be made: ip link add … type bridge fails, or all names are taken');
}

/** Undoes `makeBridge`, whatever of it is still there. */
export async function removeBridge(name: string): Promise<void> {
  for (const rule of rules(name)) {
    await run('iptables', ['-w', ...rule('-D')]);
  }
  await run('ip', ['link', 'delete', name]);
}

function subnet(name: string): string {
  return `10.231.${name.slice('gbtest'.length)}.0/24`;
}

type Rule = (verb: '-I' | '-D') => string[];

function rules(name: string): Rule[] {
  const outside = ['-s', subnet(name), '!', '-o', name];
  return [
    (verb) => ['-t', 'nat', verb, 'POSTROUTING', ...outside, '-j', 'MASQUERADE'],
    // Where the machine's own Docker has set the policy to DROP.
    (verb) => [verb, 'FORWARD', '-i', name, '-j', 'ACCEPT'],
    (verb) => [verb, 'FORWARD', '-o', name, '-j', 'ACCEPT'],
  ];
}

/** What the way out takes; a bridge of 1500 above a smaller one loses full packets. */
async function outerMtu(): Promise<string> {
  const route = await must('ip', ['-4', 'route', 'show', 'default']);
  const device = /\bdev (\S+)/.exec(route)?.[1];
  return device === undefined
    ? '1500'
    : readFileSync(`/sys/class/net/${device}/mtu`, 'utf8').trim();
}
