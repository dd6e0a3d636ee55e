// The system call filter of 'strict' mode, as a classic BPF program: what a function never needs and kernels had holes in
// is refused. Everything else is allowed: unmodified code must run.
type Architecture = 'x64' | 'arm64';

/** AUDIT_ARCH_* of linux/audit.h */
const AUDIT_ARCH: Record<Architecture, number> = { x64: 0xc000003e, arm64: 0xc00000b7 };

/** Refused with EPERM, by number per architecture (asm/unistd.h); absent where the architecture has no such call. */
const REFUSED: Record<string, Partial<Record<Architecture, number>>> = {
  // other processes
  ptrace: { x64: 101, arm64: 117 },
  process_vm_readv: { x64: 310, arm64: 270 },
  process_vm_writev: { x64: 311, arm64: 271 },
  kcmp: { x64: 312, arm64: 272 },
  // namespaces and mounts
  unshare: { x64: 272, arm64: 97 },
  setns: { x64: 308, arm64: 268 },
  mount: { x64: 165, arm64: 40 },
  umount2: { x64: 166, arm64: 39 },
  pivot_root: { x64: 155, arm64: 41 },
  chroot: { x64: 161, arm64: 51 },
  open_tree: { x64: 428, arm64: 428 },
  move_mount: { x64: 429, arm64: 429 },
  fsopen: { x64: 430, arm64: 430 },
  fsconfig: { x64: 431, arm64: 431 },
  fsmount: { x64: 432, arm64: 432 },
  fspick: { x64: 433, arm64: 433 },
  mount_setattr: { x64: 442, arm64: 442 },
  name_to_handle_at: { x64: 303, arm64: 264 },
  open_by_handle_at: { x64: 304, arm64: 265 },
  // the kernel itself
  bpf: { x64: 321, arm64: 280 },
  perf_event_open: { x64: 298, arm64: 241 },
  userfaultfd: { x64: 323, arm64: 282 },
  io_uring_setup: { x64: 425, arm64: 425 },
  io_uring_enter: { x64: 426, arm64: 426 },
  io_uring_register: { x64: 427, arm64: 427 },
  init_module: { x64: 175, arm64: 105 },
  finit_module: { x64: 313, arm64: 273 },
  delete_module: { x64: 176, arm64: 106 },
  kexec_load: { x64: 246, arm64: 104 },
  kexec_file_load: { x64: 320, arm64: 294 },
  syslog: { x64: 103, arm64: 116 },
  lookup_dcookie: { x64: 212, arm64: 18 },
  modify_ldt: { x64: 154 },
  iopl: { x64: 172 },
  ioperm: { x64: 173 },
  // keys, which are not in any namespace
  add_key: { x64: 248, arm64: 217 },
  request_key: { x64: 249, arm64: 218 },
  keyctl: { x64: 250, arm64: 219 },
  // the machine
  reboot: { x64: 169, arm64: 142 },
  swapon: { x64: 167, arm64: 224 },
  swapoff: { x64: 168, arm64: 225 },
  sethostname: { x64: 170, arm64: 161 },
  setdomainname: { x64: 171, arm64: 162 },
  settimeofday: { x64: 164, arm64: 170 },
  clock_settime: { x64: 227, arm64: 112 },
  adjtimex: { x64: 159, arm64: 171 },
  clock_adjtime: { x64: 305, arm64: 266 },
  acct: { x64: 163, arm64: 89 },
  quotactl: { x64: 179, arm64: 60 },
  quotactl_fd: { x64: 443, arm64: 443 },
  vhangup: { x64: 153, arm64: 58 },
  personality: { x64: 135, arm64: 92 },
  migrate_pages: { x64: 256, arm64: 238 },
  move_pages: { x64: 279, arm64: 239 },
};
const CLONE: Record<Architecture, number> = { x64: 56, arm64: 220 };
const SOCKET: Record<Architecture, number> = { x64: 41, arm64: 198 };
/** flags of clone() that make namespaces */
const NAMESPACE_FLAGS = 0x7e020000;
/** clone3's flags lie in memory, where a filter cannot look: libraries fall back to clone when it does not exist */
const CLONE3 = 435;
/** sockets that no network namespace confines, and the kernel's crypto */
const REFUSED_FAMILIES = [38 /* AF_ALG */, 40 /* AF_VSOCK */];
/** numbers of the 32-bit-pointer ABI on x86-64, which would go around the list */
const X32_BIT = 0x40000000;

const EPERM = 1;
const ENOSYS = 38;
const EAFNOSUPPORT = 97;

// linux/bpf_common.h and linux/seccomp.h
const LOAD = 0x20;
const JUMP_EQUAL = 0x15;
const JUMP_GREATER_EQUAL = 0x35;
const JUMP_SET = 0x45;
const RETURN = 0x06;
const ALLOW = 0x7fff0000;
const KILL_PROCESS = 0x80000000;
const errno = (code: number): number => 0x00050000 | code;
/** struct seccomp_data: nr, arch, instruction pointer, args (low word first) */
const OFFSET = { number: 0, architecture: 4, argument0: 16 };

type Instruction = [code: number, ifTrue: number, ifFalse: number, k: number];

const load = (offset: number): Instruction => [LOAD, 0, 0, offset];
const answer = (value: number): Instruction => [RETURN, 0, 0, value];
/** answers `value` if the loaded word matches, else goes on */
const when = (test: number, k: number, value: number): Instruction[] => [[test, 0, 1, k], answer(value)];
/** runs `body`, which must end in a load of the number, only for this call */
const forCall = (number: number, body: Instruction[]): Instruction[] => [[JUMP_EQUAL, 0, body.length, number], ...body];

export function compileFilter(architecture: Architecture): Buffer {
  const program: Instruction[] = [
    load(OFFSET.architecture),
    [JUMP_EQUAL, 1, 0, AUDIT_ARCH[architecture]],
    answer(KILL_PROCESS),
    load(OFFSET.number),
    ...(architecture === 'x64' ? when(JUMP_GREATER_EQUAL, X32_BIT, errno(ENOSYS)) : []),
    ...when(JUMP_EQUAL, CLONE3, errno(ENOSYS)),
    ...forCall(CLONE[architecture], [
      load(OFFSET.argument0),
      ...when(JUMP_SET, NAMESPACE_FLAGS, errno(EPERM)),
      load(OFFSET.number),
    ]),
    ...forCall(SOCKET[architecture], [
      load(OFFSET.argument0),
      ...REFUSED_FAMILIES.flatMap((family) => when(JUMP_EQUAL, family, errno(EAFNOSUPPORT))),
      load(OFFSET.number),
    ]),
    ...Object.values(REFUSED).flatMap((numbers) => {
      const number = numbers[architecture];
      return number === undefined ? [] : when(JUMP_EQUAL, number, errno(EPERM));
    }),
    answer(ALLOW),
  ];
  return encode(program);
}

/** struct sock_filter: u16 code, u8 jt, u8 jf, u32 k */
function encode(program: Instruction[]): Buffer {
  const bytes = Buffer.alloc(program.length * 8);
  program.forEach(([code, ifTrue, ifFalse, k], index) => {
    bytes.writeUInt16LE(code, index * 8);
    bytes.writeUInt8(ifTrue, index * 8 + 2);
    bytes.writeUInt8(ifFalse, index * 8 + 3);
    bytes.writeUInt32LE(k >>> 0, index * 8 + 4);
  });
  return bytes;
}

export const refusedCalls = (architecture: Architecture): number[] =>
  Object.values(REFUSED).flatMap((numbers) => numbers[architecture] ?? []);
