// Addresses and CIDR ranges of IpAddress conditions.
import { isIP } from 'node:net';

/** 32 or 128 bits; an IPv4 address that IPv6 carries (::ffff:1.2.3.4) counts as IPv4. */
interface Address {
  bits: 32 | 128;
  value: bigint;
}

function parseIpv4(text: string): bigint {
  return text.split('.').reduce((value, octet) => (value << 8n) | BigInt(octet), 0n);
}

function parseIpv6(text: string): bigint {
  let source = text;
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  if (dotted) {
    const tail = parseIpv4(dotted[2] as string);
    source = `${dotted[1]}${(tail >> 16n).toString(16)}:${(tail & 0xffffn).toString(16)}`;
  }
  const [head = '', tail] = source.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length;
  const groups = [...left, ...Array.from({ length: zeros }, () => '0'), ...right];
  return groups.reduce((value, group) => (value << 16n) | BigInt(`0x${group}`), 0n);
}

function parseAddress(text: string): Address | undefined {
  const bare = text.split('%', 1)[0] as string;
  const kind = isIP(bare);
  if (kind === 0) return undefined;
  if (kind === 4) return { bits: 32, value: parseIpv4(bare) };
  const value = parseIpv6(bare);
  return value >> 32n === 0xffffn ? { bits: 32, value: value & 0xffff_ffffn } : { bits: 128, value };
}

/** Undefined when the range is none. */
export function compileIpRange(range: string): ((address: string) => boolean) | undefined {
  const [base = '', length] = range.split('/');
  const network = parseAddress(base);
  if (!network || (length !== undefined && !/^\d{1,3}$/.test(length))) return undefined;
  const ones = length === undefined ? network.bits : Number(length);
  if (ones > network.bits) return undefined;
  const shift = BigInt(network.bits - ones);
  const wanted = network.value >> shift;
  return (text) => {
    const address = parseAddress(text);
    return address !== undefined && address.bits === network.bits && address.value >> shift === wanted;
  };
}
