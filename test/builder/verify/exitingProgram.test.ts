/** The program that tells whether an engine runs a platform. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { arch } from 'node:os';
import { test } from 'node:test';
import { exitingProgram } from '#builder/verify/exitingProgram.js';
import { parsePlatform, platformOfMachine } from '#formats/dockerfile/platform.js';
import { scratchTree } from '../../support/scratch.js';

const architectures = ['386', 'amd64', 'arm', 'arm64', 'riscv64'];

function written(architecture: string): string {
  const bytes = exitingProgram(architecture);
  assert.ok(bytes !== undefined);
  return scratchTree({ program: { text: bytes, mode: 0o755 } }).at('program');
}

const own = parsePlatform(platformOfMachine(arch()))?.architecture ?? '';

test('that of this machine exits with 0', {
  skip: process.platform !== 'linux' || !architectures.includes(own),
}, () => {
  execFileSync(written(own));
});

/** Of Debian's binutils. */
const readelf = '/usr/bin/readelf';
const hasReadelf = existsSync(readelf);

test('readelf reads them as what they are for', { skip: !hasReadelf && 'no readelf' }, () => {
  const machines = architectures.map((architecture) => {
    const text = execFileSync(readelf, ['-hl', written(architecture)], { encoding: 'utf8' });
    const of = (key: string) => new RegExp(`^ *${key}: *(.*)$`, 'm').exec(text)?.[1];
    assert.match(text, /LOAD .*R E/s, architecture);
    return [architecture, of('Class'), of('Machine'), of('Type')];
  });
  const type = 'EXEC (Executable file)';
  assert.deepEqual(machines, [
    ['386', 'ELF32', 'Intel 80386', type],
    ['amd64', 'ELF64', 'Advanced Micro Devices X86-64', type],
    ['arm', 'ELF32', 'ARM', type],
    ['arm64', 'ELF64', 'AArch64', type],
    ['riscv64', 'ELF64', 'RISC-V', type],
  ]);
});

test('there is none for others', () => {
  assert.equal(exitingProgram('s390x'), undefined);
});
