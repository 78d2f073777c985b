/** Machine code of `exit(0)` on Linux, with what its ELF header says of the machine. */
interface Machine {
  /** e_machine. */
  readonly number: number;
  readonly bits: 32 | 64;
  /** e_flags. */
  readonly flags: number;
  readonly code: string;
}

const machines: ReadonlyMap<string, Machine> = new Map([
  // xor ebx, ebx; xor eax, eax; inc eax; int 0x80
  ['386', { number: 3, bits: 32, flags: 0, code: '31db31c040cd80' }],
  // xor edi, edi; mov eax, 60; syscall
  ['amd64', { number: 62, bits: 64, flags: 0, code: '31ffb83c0000000f05' }],
  // mov r0, #0; mov r7, #1; svc 0 (EABI 5, soft float)
  ['arm', { number: 40, bits: 32, flags: 0x05000200, code: '0000a0e30170a0e3000000ef' }],
  // mov x0, #0; mov x8, #93; svc 0
  ['arm64', { number: 183, bits: 64, flags: 0, code: '000080d2a80b80d2010000d4' }],
  // li a0, 0; li a7, 93; ecall
  ['riscv64', { number: 243, bits: 64, flags: 0, code: '130500009308d00573000000' }],
]);

/** A static ELF executable that exits with 0 at once; undefined for an architecture that there is none for. */
export function exitingProgram(architecture: string): Uint8Array | undefined {
  const machine = machines.get(architecture);
  if (machine === undefined) {
    return undefined;
  }
  const { number, bits, flags, code } = machine;
  const text = Buffer.from(code, 'hex');
  const isWide = bits === 64;
  const [headerSize, entrySize] = isWide ? [64, 56] : [52, 32];
  const start = headerSize + entrySize;
  const base = 0x400000;
  const file = Buffer.alloc(start + text.length);
  const word = (value: number, at: number): number =>
    isWide ? file.writeBigUInt64LE(BigInt(value), at) : file.writeUInt32LE(value, at);
  // e_ident: ELF, its class, little-endian, version 1.
  file.set([0x7f, 0x45, 0x4c, 0x46, isWide ? 2 : 1, 1, 1]);
  file.writeUInt16LE(2, 16);
  file.writeUInt16LE(number, 18);
  file.writeUInt32LE(1, 20);
  let at = word(base + start, 24);
  at = word(headerSize, at);
  at = word(0, at);
  at = file.writeUInt32LE(flags, at);
  for (const half of [headerSize, entrySize, 1, 0, 0, 0]) {
    at = file.writeUInt16LE(half, at);
  }
  // One segment, loaded to be read and executed. The flags are behind the sizes in 32 bits, and before them in 64.
  const readAndExecute = 5;
  at = file.writeUInt32LE(1, headerSize);
  at = isWide ? file.writeUInt32LE(readAndExecute, at) : at;
  for (const value of [0, base, base, file.length, file.length]) {
    at = word(value, at);
  }
  at = isWide ? at : file.writeUInt32LE(readAndExecute, at);
  word(0x1000, at);
  text.copy(file, headerSize + entrySize);
  return file;
}
