import { functionError } from './error.ts';

const COUNT_MAX = 256;

function parseAddress(text: string): { value: bigint; bits: number } | undefined {
  if (text.includes(':')) {
    const [head = '', tail] = text.split('::');
    const left = head ? head.split(':') : [];
    const right = tail ? tail.split(':') : [];
    const gap = tail === undefined ? 0 : 8 - left.length - right.length;
    const groups = [...left, ...Array.from({ length: gap }, () => '0'), ...right];
    if (gap < 0 || groups.length !== 8 || groups.some((group) => !/^[0-9a-fA-F]{1,4}$/.test(group))) return undefined;
    return { value: groups.reduce((sum, group) => (sum << 16n) | BigInt(parseInt(group, 16)), 0n), bits: 128 };
  }
  const octets = text.split('.');
  if (octets.length !== 4 || octets.some((octet) => !/^\d{1,3}$/.test(octet) || Number(octet) > 255)) return undefined;
  return { value: octets.reduce((sum, octet) => (sum << 8n) | BigInt(octet), 0n), bits: 32 };
}

function formatAddress(value: bigint, bits: number): string {
  if (bits === 32) return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join('.');
  const groups = Array.from({ length: 8 }, (_, i) => ((value >> BigInt(112 - 16 * i)) & 0xffffn).toString(16)).join(
    ':',
  );
  // RFC 5952: the longest run of two or more zero groups is written as ::
  const run = [...groups.matchAll(/(?:^|:)(0(?::0)+)(?=:|$)/g)].sort((a, b) => b[0].length - a[0].length)[0];
  if (!run) return groups;
  const before = groups.slice(0, run.index);
  const after = groups.slice(run.index + run[0].length).replace(/^:/, '');
  return `${before}::${after}`;
}

/** Fn::Cidr: the first `count` blocks with `cidrBits` host bits each inside the block. */
export function cidrBlocks(ipBlock: string, count: number, cidrBits: number): string[] {
  const [address = '', mask = ''] = ipBlock.split('/');
  const parsed = parseAddress(address);
  if (!parsed || !/^\d+$/.test(mask) || Number(mask) > parsed.bits) {
    throw functionError(`Fn::Cidr must have a valid CIDR block as first argument: ${ipBlock}`);
  }
  if (!Number.isInteger(count) || count < 1 || count > COUNT_MAX) {
    throw functionError(`Fn::Cidr count must be between 1 and ${COUNT_MAX}`);
  }
  const prefix = parsed.bits - cidrBits;
  if (!Number.isInteger(cidrBits) || cidrBits < 1 || prefix < Number(mask)) {
    throw functionError(`Fn::Cidr cannot make blocks of ${cidrBits} bits in ${ipBlock}`);
  }
  if (BigInt(count) > 1n << BigInt(prefix - Number(mask))) {
    throw functionError(`Fn::Cidr cannot make ${count} blocks of ${cidrBits} bits in ${ipBlock}`);
  }
  const base = (parsed.value >> BigInt(parsed.bits - Number(mask))) << BigInt(parsed.bits - Number(mask));
  const size = 1n << BigInt(cidrBits);
  return Array.from({ length: count }, (_, i) => `${formatAddress(base + BigInt(i) * size, parsed.bits)}/${prefix}`);
}
